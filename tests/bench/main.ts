/** The command of the benchmarks; see `--help`. */
import { claimInstance, type Instance } from "@carehub/local/state";
import {
  type Arguments,
  helpText,
  readArguments,
  type SuiteName,
  usualSeconds,
} from "./arguments.ts";
import { writeIntoDocument } from "./document.ts";
import { readConditions } from "./instruments/conditions.ts";
import { quietenWarnings } from "./instruments/warnings.ts";
import { exitCodeOf, type Report, toMarkdown } from "./report.ts";
import { runCapacity } from "./workloads/capacity.ts";
import { eventPath } from "./workloads/event-path.ts";
import { startInfrastructure } from "./workloads/infrastructure.ts";
import { relayDrain } from "./workloads/relay-drain.ts";
import { rpcEcho } from "./workloads/rpc-echo.ts";
import type { Finding, Setting } from "./workloads/workload.ts";

const failedCode = 3;
const interruptedCode = 130;

const suiteByName: Record<SuiteName, (setting: Setting) => Promise<readonly Finding[]>> = {
  rpc: async (setting) => [await rpcEcho(setting)],
  events: async (setting) => {
    const infrastructure = await startInfrastructure(setting);
    return [await eventPath(setting, infrastructure), await relayDrain(setting, infrastructure)];
  },
  capacity: runCapacity,
};

quietenWarnings();
process.exitCode = await run().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return failedCode;
});

async function run(): Promise<number> {
  const asked = readArguments(process.argv.slice(2));
  if (asked.help) {
    console.log(helpText);
    return 0;
  }
  const { only, seconds, warmupSeconds, profileFolder, json } = asked;
  const say = (line: string) => (json ? console.error(line) : console.log(line));
  const instance = await claimInstance("bench");
  releaseOnSignals(instance);
  try {
    const reports: Report[] = [];
    for (const name of asked.suites) {
      say(`suite ${name}`);
      const setting = { instance, only, seconds, warmupSeconds, profileFolder, say };
      const findings = await suiteByName[name](setting);
      const report = toReport(name, asked, findings);
      reports.push(report);
      if (!json) console.log(`\n${toMarkdown(report)}`);
      if (asked.write) writeIntoDocument(name, toMarkdown(report));
    }
    if (json) console.log(JSON.stringify(reports, undefined, 2));
    return Math.max(...reports.map(exitCodeOf));
  } finally {
    await instance.release();
  }
}

function toReport(
  suite: SuiteName,
  { seconds, only }: Arguments,
  findings: readonly Finding[],
): Report {
  const isShortened = seconds < usualSeconds;
  const length = seconds === usualSeconds ? "" : ` --seconds ${seconds}`;
  const wanted = only.map((id) => ` --only ${id}`).join("");
  const command = `npm run bench -- --suite=${suite}${wanted}${length}`;
  return { command, seconds, isShortened, conditions: readConditions(), findings };
}

function releaseOnSignals(instance: Instance): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      void instance.release().finally(() => process.exit(interruptedCode));
    });
  }
}
