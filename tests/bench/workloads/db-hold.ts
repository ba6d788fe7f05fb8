import { setTimeout as delay } from "node:timers/promises";
import { alternate, type Contender, type Run } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { firstMinute, sessions } from "./capacity-hubs.ts";
import { type CapacityStage, runOnBare } from "./capacity-stage.ts";
import { type HoldScript, recordHold, scriptOf, transactionOf } from "./hold-scripts.ts";
import { cellVariables } from "./session-cells.ts";
import type { Finding } from "./workload.ts";

const inFlight = 16;
const firstHub = `bench-${sessions.firstHub}`;

/** A session in a room of the first hub, after all days of the runs, and what its names stand for. */
export const sessionScript: HoldScript = {
  hub: firstHub,
  template: `room-${sessions.firstRoom}`,
  day: sessions.days,
  terms: {
    [`hubs/${firstHub}`]: "('hubs/bench-' || :hub)",
    [`hubs/${firstHub}/resources/room-${sessions.firstRoom}`]:
      "('hubs/bench-' || :hub || '/resources/room-' || :room)",
  },
  lock: "(:hub * 1000 + :room)",
};

/** B2: the transaction that holds one session, through the service's store, against the same SQL in pgbench. */
export async function dbHold(stage: CapacityStage): Promise<Finding> {
  const { setting, store } = stage;
  const recorded = await recordHold(stage, sessionScript);
  const script = scriptOf(recorded, transactionOf(recorded), {
    ...sessionScript,
    clients: inFlight,
    variables: cellVariables(firstMinute),
  });
  await store.tell("plan", undefined as never);
  const bare: Contender = {
    name: "same SQL (pgbench)",
    run: () => runOnBare(stage, { script, from: stage.nextFrom(), clients: inFlight, rowsEach: 1 }),
  };
  const ours: Contender = { name: "carehub store", run: () => holdByStore(stage) };
  const comparison = await alternate([bare], ours, (name, run) =>
    setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} holds/s`),
  );
  return {
    id: "B2",
    name: "db-hold",
    unit: "holds/s",
    targets: { floor: 0.55, target: 0.7, stretch: 0.8 },
    comparison,
    references: [],
    openLoop: [],
    guide: "at least 1,200 holds/s",
    notes: [
      `One session on one resource, ${inFlight} in flight: ${transactionOf(recorded).length} statements from BEGIN to COMMIT (source, course, locks, rows, course again, request with its response, event), the certificate made and the event encoded for each.`,
      `Uniform over ${sessions.hubs * sessions.rooms} resources and ${sessions.days} days, of whose half hours the ${(sessions.hubs * sessions.rooms * sessions.days * sessions.freeSlots).toLocaleString("en-US")} odd ones are taken from the start; no half hour is asked for twice.`,
      "pgbench sends the statements that the store was seen to send, prepared, with the constants of that hold but for ids, names and times.",
    ],
  };
}

async function holdByStore({ setting, infrastructure, store, nextFrom }: CapacityStage) {
  await store.tell("start", { from: nextFrom(), inFlight });
  await delay(setting.warmupSeconds * 1_000);
  const before = await store.tell("count", undefined as never);
  const stop = startMeter({ node: [store.pid], postgres: infrastructure.pids.postgres });
  await delay(setting.seconds * 1_000);
  const after = await store.tell("count", undefined as never);
  const cost = stop();
  await store.tell("stop", undefined as never);
  return { operations: after - before, cost } satisfies Run;
}
