import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Changed } from "./change.ts";
import type { Database, Run, Tx } from "./pool.ts";
import type { RequestSource } from "./source.ts";
import { transact } from "./transact.ts";

/** The time of every rule: the database's, moved in a sandbox. */
export async function now(db: { readonly run: Run }): Promise<Temporal.Instant> {
  const rows = await db.run<{ now: Temporal.Instant }>("clock-now", "select app.now() as now");
  return must(rows[0], "a select without a table has a row").now;
}

/**
 * Says which environment this database serves, at a service's start. Only one named `sandbox` lets
 * its clock be moved; a database that holds events keeps its environment, and asking for another
 * fails with ENVIRONMENT_FIXED.
 */
export async function declareEnvironment(db: Database, environment: string): Promise<void> {
  const rows = await db.run(
    "clock-environment",
    `update app.clock set environment = $1
     where environment = $1 or not (moved or exists (select from log.event)) returning environment`,
    [environment],
  );
  if (rows.length === 0) throw new DomainError("ENVIRONMENT_FIXED", { environment });
}

/**
 * Moves the clock so that app.now() is at least `to`, and answers it. Fails with CLOCK_NOT_MOVABLE
 * outside of a sandbox and with CLOCK_ONLY_FORWARD for a time that has passed; the first move of a
 * database without events may go anywhere. It waits for the transactions that read the clock, so
 * that each sees one time.
 */
export async function moveClock(
  db: Database,
  { to }: { readonly to: Temporal.Instant },
): Promise<Temporal.Instant> {
  return await db.transaction("clock-move", async (tx) => {
    await lockClock(tx);
    return await setClock(tx, to);
  });
}

/**
 * The same as an operator's command: with the request id it answers its first response again, in
 * bytes, and the clock stays.
 */
export async function moveClockOnRequest(
  db: Database,
  command: {
    readonly to: Temporal.Instant;
    readonly source: RequestSource;
    readonly respond: (time: Temporal.Instant) => Uint8Array;
  },
): Promise<Changed<Temporal.Instant>> {
  const { to, source, respond } = command;
  return await transact(db, {
    name: "clock-move",
    source,
    prepare: lockClock,
    work: async (tx) => {
      const state = await setClock(tx, to);
      return { state, aggregates: [], response: respond(state) };
    },
  });
}

async function lockClock(tx: Tx): Promise<void> {
  await tx.run("clock-lock", "lock table app.clock in access exclusive mode");
}

async function setClock(tx: Tx, to: Temporal.Instant): Promise<Temporal.Instant> {
  const [clock] = await tx.run<Clock>("clock-read", clockSql, [to]);
  const { environment, ahead, fresh } = must(clock, "the clock has its row");
  if (environment !== "sandbox") throw new DomainError("CLOCK_NOT_MOVABLE", { environment });
  if (!ahead && !fresh) throw new DomainError("CLOCK_ONLY_FORWARD", { to: to.toString() });
  await tx.run("clock-set", setSql, [to]);
  return await now(tx);
}

type Clock = { readonly environment: string; readonly ahead: boolean; readonly fresh: boolean };

const clockSql = `
  select environment, $1::timestamptz >= app.now() as ahead,
    not moved and not exists (select from log.event) as fresh
  from app.clock`;

// Seconds, not days: an interval's day is not always 24 hours.
const setSql = `
  update app.clock set moved = true,
    shift = make_interval(secs => extract(epoch from $1::timestamptz - now())::double precision)`;
