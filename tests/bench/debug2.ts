import { claimInstance } from "@carehub/local/state";
import { startInfrastructure } from "./workloads/infrastructure.ts";
import { relayDrain } from "./workloads/relay-drain.ts";
import { toMarkdown } from "./report.ts";
import { readConditions } from "./instruments/conditions.ts";
const instance = await claimInstance("benchdbg2");
try {
const setting = { instance, say: console.log, seconds: Number(process.argv[2]), warmupSeconds: 1, profileFolder: process.argv[3] };
const infra = await startInfrastructure(setting);
const f = await relayDrain(setting, infra);
console.log(toMarkdown({ command: "", seconds: setting.seconds, isShortened: true, conditions: readConditions(), findings: [f] }));
} finally { await instance.release(); }
