import { alternate, type Contender, type Run } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { startWorker } from "../instruments/worker.ts";
import type { SearchCommands, SearchRun } from "../workers/course-search.ts";
import type { CapacityStage } from "./capacity-stage.ts";
import { searched } from "./search-hubs.ts";
import type { Finding } from "./workload.ts";

const checks = 20;
const refreshes = 1_000;
const warmUpSeed = 1;

/** B6: the earliest three courses of 50 hubs from the index, against one SQL query on a table of free half hours. */
export async function courseSearch({
  setting,
  infrastructure,
}: Pick<CapacityStage, "setting" | "infrastructure">): Promise<Finding> {
  const { instance, say, seconds, warmupSeconds, profileFolder } = setting;
  const worker = startWorker<SearchCommands>({
    ...{ instance, file: "course-search.ts", telemetry: false, profileFolder },
  });
  const databaseUrl = await infrastructure.postgres.createDatabase("bench_search");
  const stage = await worker.tell("prepare", databaseUrl);
  say(`${stage.rows.toLocaleString("en-US")} half hours are taken`);
  const checked = await worker.tell("check", { count: checks, seed: 7 });
  const { postgres } = infrastructure.pids;
  let last: SearchRun | undefined;
  let lastQuery: SearchRun | undefined;
  let seed = 100;
  const measured = async (
    command: "run" | "query",
  ): Promise<{ readonly done: SearchRun; readonly run: Run }> => {
    seed += 1;
    await worker.tell(command, { seconds: warmupSeconds, seed: warmUpSeed });
    const stop = startMeter({ node: [worker.pid], postgres });
    const done = await worker.tell(command, { seconds, seed });
    return { done, run: { operations: done.searches, cost: stop() } };
  };
  const ours: Contender = {
    name: "carehub index",
    run: async () => {
      const { done, run } = await measured("run");
      last = done;
      return run;
    },
  };
  const bare: Contender = {
    name: "one SQL query",
    run: async () => {
      const { done, run } = await measured("query");
      lastQuery = done;
      return run;
    },
  };
  const comparison = await alternate([bare], ours, (name, run) =>
    say(`${name}: ${(run.operations / run.cost.seconds).toFixed(1)} searches/s`),
  );
  const refreshed = await worker.tell("refresh", { count: refreshes, seed: 11 });
  await worker.stop();
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  const { refresh, searchAfter } = refreshed;
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return {
    id: "B6",
    name: "course-search",
    unit: "searches/s",
    targets: { floor: 50, target: 50 },
    comparison,
    references: [],
    openLoop: [
      ...(last === undefined ? [] : [{ name: "index, one by one", ...rateOf(last, seconds) }]),
      ...(lastQuery === undefined
        ? []
        : [{ name: "query, one by one", ...rateOf(lastQuery, seconds) }]),
    ],
    guide: "p99 at most 5 ms, refresh at most 1 ms",
    notes: [
      `${searched.hubs} hubs of ${searched.rooms} rooms, ${searched.teams} anaesthesia teams, ${searched.bays} bays and a beam; of ${searched.days} days ${percent(stage.roomShare)} of the rooms' half hours are taken and ${percent(stage.teamShare)} of the teams'. Courses of 20 or 30 daily sessions at one pair of rooms within an hour of one time of day, each with room, beam, team and bay, to begin within two weeks; the earliest three of all hubs, with every session's time.`,
      `Latencies are of calls one after the other in one process, without gRPC. All indexes were built in ${Math.round(stage.indexMs)} ms.`,
      `${checked.asPlanner} of ${checked.searches} searches (${checked.courses} courses) are, session by session and resource by resource, what the planner finds without an index; the first sessions of ${checked.asQuery} are those of the query, which never turns back where a course's earliest next session leads nowhere. Equality with trying every combination is a test of its own: 10,000 random cases.`,
      `After a change of one course the index is right in ${ms(refresh.p50Ms)} (p50), ${ms(refresh.p99Ms)} (p99), beside the read; the next search takes ${ms(searchAfter.p50Ms)} (p50), ${ms(searchAfter.p99Ms)} (p99).`,
      "The query looks for the first session alone, by an index on free half hours that were worked out before; it answers no session's time and no resource.",
    ],
  };
}

function rateOf({ searches, latency }: SearchRun, seconds: number) {
  return { perSecond: searches / seconds, latency };
}
