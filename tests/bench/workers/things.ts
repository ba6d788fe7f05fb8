import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { type Changed, change, type Loaded } from "@carehub/database/change";
import type { Database } from "@carehub/database/pool";
import { type MessageSource, requestSource, type Source } from "@carehub/database/source";
import { must } from "@carehub/rules/fault";

/** The aggregate of the benchmark, on both sides of the topic: a row that counts its events. */
type Thing = { readonly id: string };
type Told = { readonly payload: Uint8Array };

export const thingTable =
  "create table thing (id text primary key, revision integer not null, said integer not null)";

/** How many commands are under way when the path is saturated; the pool lets 16 of them in. */
export const commitsAtOnce = 64;

/** Size of an event's payload on the wire. */
export const payloadBytes = 512;

/** The topic of the events that a consumer's own commit tells; nothing relays them here. */
const answerTopic = "bench.answers";
const fieldHeadBytes = 3;
const separator = "|";

/** Makes `count` things from the given number on, at revision 0. */
export async function insertThings(
  db: Database,
  { from, count }: { from: number; count: number },
): Promise<void> {
  const sql = `insert into thing select number::text, 0, 0
    from generate_series($1::integer, $1::integer + $2::integer - 1) as number`;
  await db.run("things-insert", sql, [from, count]);
}

/** A payload of the agreed size that says when it was due. */
export function payloadOf(dueMs: number): Uint8Array {
  const value = `${dueMs}${separator}`.padEnd(payloadBytes - fieldHeadBytes, "x");
  return toBinary(StringValueSchema, create(StringValueSchema, { value }));
}

/** When the event with this text was due. */
export function dueOf(value: string): number {
  return Number(value.slice(0, value.indexOf(separator)));
}

/** A command of a caller: one change, one event. */
export async function tell(
  db: Database,
  { id, topic, dueMs }: { id: string; topic: string; dueMs: number },
): Promise<void> {
  const payload = payloadOf(dueMs);
  const request = { caller: "ministry/UZ", requestId: randomUUID(), method: "Tell", body: payload };
  await changeThing(db, { id, topic, payload, source: requestSource(request) });
}

/** A consumer's commit: its seen row, a small effect, and a small event of its own. */
export function take(db: Database, seen: MessageSource): Promise<Changed<Thing>> {
  const payload = toBinary(StringValueSchema, create(StringValueSchema, { value: "taken" }));
  return changeThing(db, { id: seen.aggregate, topic: answerTopic, payload, source: seen });
}

type Telling = {
  readonly id: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly source: Source;
};

function changeThing(
  db: Database,
  { id, topic, payload, source }: Telling,
): Promise<Changed<Thing>> {
  return change<Thing, Thing, Told>(db, {
    source,
    load: () => loadThing(db, id),
    decide: (thing) => ({ state: thing, events: [{ payload }] }),
    write: (_decision, { revision, nextRevision }) => ({
      name: "thing-update",
      sql: `update thing set said = said + 1, revision = $1 where id = $2 and revision = $3
        returning id`,
      values: [nextRevision, id, revision],
    }),
    publish: (event) => ({ topic, key: id, type: "bench.Told", payload: event.payload }),
    respond: () => new Uint8Array(),
  });
}

async function loadThing(db: Database, id: string): Promise<Loaded<Thing>> {
  const sql = "select revision from thing where id = $1";
  const rows = await db.run<{ revision: number }>("thing-load", sql, [id]);
  return { aggregate: id, revision: must(rows[0], "the thing was made").revision, state: { id } };
}
