import { alternate, type Contender } from "../instruments/alternate.ts";
import { bookAll, runSql } from "./capacity-database.ts";
import { courseHubs, courses } from "./capacity-hubs.ts";
import { type CapacityStage, runOnBare } from "./capacity-stage.ts";
import { connectLoad, saturateHolds } from "./hold-load.ts";
import { type HoldScript, recordHold, scriptOf, transactionOf } from "./hold-scripts.ts";
import type { Finding } from "./workload.ts";

const inFlight = 8;
const resourcesEach = 4;
const rowsEach = courses.sessions * resourcesEach;
// Numbers of courses begin where those of single sessions end; each run has a hundred million.
const firstNumber = 10_000_000_000;
const numbersOfRun = 100_000_000;
const hub = `bench-course-${courses.firstHub}`;

// One of the hubs, and a time of its own: an hour of thirty days, and after twenty hours the next thirty.
const variables = [
  `\\set hub :index % ${courses.hubs} + ${courses.firstHub}`,
  `\\set place (:index - :from) / ${courses.hubs} + :skip`,
  "\\set start 32000000 + :place / 20 * 44640 + :place % 20 * 60",
];

const script: HoldScript = {
  hub,
  template: "course",
  day: 0,
  terms: { [`hubs/${hub}`]: "('hubs/bench-course-' || :hub)" },
  manyHubs: { recorded: hub, term: "'bench-course-' || :hub" },
};

/** B5: thirty sessions of four resources each, held over gRPC, against the transaction alone. */
export async function course30(stage: CapacityStage): Promise<Finding> {
  const { setting } = stage;
  const recorded = await recordHold(stage, script);
  const transaction = transactionOf(recorded);
  let runs = 0;
  const bare: Contender = {
    name: "same transaction (pgbench)",
    run: () => {
      const from = firstNumber + runs * numbersOfRun;
      const skip = `\\set skip ${runs * skipOfRun}`;
      runs += 1;
      const given = { ...script, clients: inFlight, variables: [skip, ...variables] };
      const text = scriptOf(recorded, transaction, given);
      return runOnBare(stage, { script: text, from, clients: inFlight, rowsEach });
    },
  };
  const load = await connectLoad(stage, "course");
  const ours: Contender = {
    name: "carehub service",
    run: async () => {
      await giveBack(stage.ownUrl);
      await bookAll(stage.ownUrl);
      return saturateHolds(stage, load, { from: 0, inFlight });
    },
  };
  const comparison = await alternate([bare], ours, (name, run) =>
    setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} courses/s`),
  );
  await load.stop();
  return {
    id: "B5",
    name: "course-30",
    unit: "courses/s",
    targets: { floor: 0.45, target: 0.6, stretch: 0.75 },
    comparison,
    references: [],
    openLoop: [],
    guide: "at least 120 courses/s",
    notes: [
      `${courses.sessions} sessions of ${resourcesEach} resources, ${rowsEach} rows in one transaction, ${inFlight} in flight, over ${courseHubs.length} hubs with ${courses.perKind} rooms each that are empty when a run begins and fill up.`,
      `pgbench sends the transaction that the service was seen to send, ${transaction.length} statements from BEGIN to COMMIT: no plan, no reading of what is taken, no call.`,
      `Facts of ${sizeOf(recorded.statements, "course-save", 7)} bytes and an answer of ${recorded.answer.length} go with each.`,
    ],
  };
}

// Four decades of days are enough for a hub's courses of one run.
const skipOfRun = 8_000;

function sizeOf(
  statements: readonly { readonly name: string; readonly values: readonly unknown[] }[],
  name: string,
  at: number,
): number {
  return String(statements.find((statement) => statement.name === name)?.values[at] ?? "").length;
}

// Every run begins with empty hubs.
function giveBack(databaseUrl: string): Promise<void> {
  return runSql(databaseUrl, [
    `delete from reservation using course
      where reservation.course = course.id and course.hub like 'hubs/bench-course-%'`,
    "vacuum analyze reservation",
  ]);
}
