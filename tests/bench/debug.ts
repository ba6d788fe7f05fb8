import { migrate } from "@carehub/database/migrate";
import { openDatabase } from "@carehub/database/pool";
import { ensureTopics } from "@carehub/events/topics";
import { claimInstance } from "@carehub/local/state";
import { setTimeout as delay } from "node:timers/promises";
import { startWorker } from "./instruments/worker.ts";
import { startMeter } from "./instruments/meter.ts";
import { insertThings, thingTable } from "./workers/things.ts";
import { startInfrastructure } from "./workloads/infrastructure.ts";
import { readFileSync, readdirSync } from "node:fs";
const instance = await claimInstance("benchdbg");
const infra = await startInfrastructure({ instance, say: console.log, seconds: 1, warmupSeconds: 1, profileFolder: undefined });
const brokers = infra.kafka.brokers.split(",");
await ensureTopics(brokers, { replication: 1, names: ["bench.things"] });
const urls: string[] = []; const dbs: any[] = [];
for (const n of ["source", "sink"]) { const url = await infra.postgres.createDatabase("d_" + n); await migrate({ url }); const db = openDatabase({ url, applicationName: "dbg" }); await db.run("t", thingTable); await insertThings(db, { from: 1_000_000, count: 20_000 }); urls.push(url); dbs.push(db); }
const prof = process.argv[2];
const source: any = startWorker({ instance, telemetry: true, file: "event-source.ts", profileFolder: prof });
const sink: any = startWorker({ instance, telemetry: true, file: "event-sink.ts", profileFolder: prof });
await sink.tell("open", { databaseUrl: urls[1], brokers, topic: "bench.things" });
await source.tell("open", { databaseUrl: urls[0], brokers, topic: "bench.things", from: 1_000_000, count: 20_000 });
let taken = 0;
const pump = setInterval(async () => { taken = await sink.tell("count"); await source.tell("allow", taken + 2000); }, 5);
for (let s = 0; s < 14; s++) {
  const stop = startMeter({ source: [source.pid], sink: [sink.pid], pg: infra.pids.postgres, kafka: infra.pids.kafka });
  const t0 = taken; await delay(1000); const c = stop();
  const [r] = await dbs[0].run("st", `select (select count(*)::int from log.event) as events, (select count(*)::int from log.pending) as pending, (select coalesce(max(number),0) from log.published) as last, (select number from log.cursor) as cursor`);
  const waits = await dbs[0].run("w", `select wait_event, state, left(query,60) as q, count(*)::int as n from pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid() group by 1,2,3 order by 4 desc limit 6`);
  console.log(s, "taken/s", taken - t0, r, Object.entries(c.cpuSeconds).map(([k, v]) => k + " " + v.toFixed(2)).join(" "), "foreign", c.foreignShare.toFixed(2), waits.map((w: any) => `${w.n}×${w.wait_event}/${w.q.slice(0, 30)}`).join(" | "));
}
clearInterval(pump);
for (const f of readdirSync(instance.folder).filter((f) => f.endsWith(".log"))) { const t = readFileSync(instance.folder + "/" + f, "utf8"); if (t) console.log(f, t.slice(0, 1500)); }
await Promise.all([source.stop(), sink.stop()]);
for (const d of dbs) await d.close();
await instance.release();
