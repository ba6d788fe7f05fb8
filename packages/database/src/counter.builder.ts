import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Change, Changed, Loaded } from "./change.ts";
import { change } from "./change.ts";
import type { Database } from "./pool.ts";
import { type RequestSource, requestSource, type Source } from "./source.ts";

/** The aggregate of this package's tests: a count that may not pass a limit, and may be due. */
export type Counter = { readonly id: string; readonly count: number };
export type Counted = { readonly by: number };

export const counterTable =
  "create table counter (id text primary key, revision integer not null, count integer not null)";

/** Makes counters at revision 0, which have told nothing yet. */
export async function insertCounters(db: Database, ids: readonly string[]): Promise<void> {
  const sql = "insert into counter select id, 0, 0 from unnest($1::text[]) as id";
  await db.run("counter-insert", sql, [ids]);
}

export async function loadCounter(db: Pick<Database, "run">, id: string): Promise<Loaded<Counter>> {
  const sql = "select revision, count from counter where id = $1";
  const rows = await db.run<{ revision: number; count: number }>("counter-load", sql, [id]);
  const { revision, count } = must(rows[0], "the test made this counter");
  return { aggregate: `counters/${id}`, revision, state: { id, count } };
}

/** A command with its own request id, unless one is given. */
export function aCommand(given: { requestId?: string; body?: string } = {}): RequestSource {
  const { requestId = crypto.randomUUID(), body = "" } = given;
  return requestSource({
    caller: "ministry/UZ",
    requestId,
    method: "Count",
    body: new TextEncoder().encode(body),
  });
}

type Counting = Partial<Change<Counter, Counter, Counted>> & {
  readonly source?: Source;
  readonly steps?: readonly number[];
  readonly limit?: number;
};

/** Adds each step to the count, with an event for each; past the limit it is refused. */
export function count(db: Database, id: string, options: Counting = {}): Promise<Changed<Counter>> {
  const { steps = [1], limit = Number.POSITIVE_INFINITY, ...rest } = options;
  return change<Counter, Counter, Counted>(db, {
    source: aCommand(),
    load: () => loadCounter(db, id),
    decide: (state) => {
      const total = steps.reduce((sum, by) => sum + by, state.count);
      if (total > limit) throw new DomainError("LIMIT_REACHED");
      return { state: { id, count: total }, events: steps.map((by) => ({ by })) };
    },
    write: ({ state }, { revision, nextRevision }) => ({
      name: "counter-update",
      sql: "update counter set count = $1, revision = $2 where id = $3 and revision = $4 returning id",
      values: [state.count, nextRevision, id, revision],
    }),
    publish: (event, context) => ({
      topic: "test.counters",
      key: id,
      type: "test.Counted",
      payload: new TextEncoder().encode(JSON.stringify({ ...event, revision: context.revision })),
    }),
    respond: (state, { nextRevision }) =>
      new TextEncoder().encode(JSON.stringify({ count: state.count, revision: nextRevision })),
    ...rest,
  });
}

/** How many rows each table of the log has, for "nothing was left behind". */
export async function countRows(db: Database): Promise<Record<string, number>> {
  const tables = ["request", "event", "pending", "seen", "due"];
  const columns = tables.map((name) => `(select count(*)::integer from log.${name}) as ${name}`);
  const rows = await db.run<Record<string, number>>("rows", `select ${columns.join(", ")}`);
  return must(rows[0], "a select without a table has a row");
}
