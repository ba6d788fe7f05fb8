import { randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { type StringValue, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { type Database, openDatabase } from "@carehub/database/pool";
import { requestSource } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import { must } from "@carehub/rules/fault";
import { testDatabase } from "@carehub/testing/database";
import { inject } from "vitest";
import { openKafka } from "./kafka.ts";
import type { IncomingMessage, Kafka } from "./kafka-port.ts";
import type { Handled, Message } from "./message.ts";
import { ensureTopics } from "./topics.ts";

/** A log that does not speak: the tests look at what happened, not at what was said of it. */
export const silent = {
  info: () => undefined,
  warn: () => undefined,
  debug: () => undefined,
};

/** What one test file works on: its own database, and topics of its own on the run's broker. */
export type TestEvents = {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly kafka: Kafka;
  readonly newTopic: () => Promise<string>;
  readonly close: () => Promise<void>;
};

/** Opens them; things are the aggregates that tell, applied is what a consumer made of them. */
export async function openTestEvents(): Promise<TestEvents> {
  const database = await testDatabase({ migrations: "log" });
  const db = openDatabase({ url: database.url, applicationName: "events-test" });
  await db.run("things", "create table thing (key text primary key, revision integer not null)");
  await db.run(
    "applied",
    `create table applied (place bigint generated always as identity primary key,
       consumer text not null, aggregate text not null, revision integer not null,
       said text not null, trace_id text)`,
  );
  const brokers = inject("kafkaBrokers").split(",");
  return {
    db,
    databaseUrl: database.url,
    kafka: openKafka({ brokers, clientId: "events-test", logger: silent }),
    async newTopic() {
      const topic = `test.${randomUUID()}.things`;
      await ensureTopics(brokers, { replication: 1, names: [topic] });
      return topic;
    },
    async close() {
      await db.close();
      await database.drop();
    },
  };
}

/** What an event of a thing says, in bytes. */
export function aPayload(said: string): Uint8Array {
  return toBinary(StringValueSchema, create(StringValueSchema, { value: said }));
}

/** Commits one event of each thing, in one transaction, as a command would. */
export async function tell(
  db: Database,
  keys: readonly string[],
  { topic, said = "" }: { topic: string; said?: string | Uint8Array },
): Promise<void> {
  const payload = typeof said === "string" ? aPayload(said) : said;
  const request = { caller: "test", requestId: randomUUID(), method: "Tell", body: payload };
  await transact(db, {
    name: "tell",
    source: requestSource(request),
    work: async (tx) => {
      const rows = await tx.run<{ key: string; revision: number }>(
        "tell-things",
        `insert into thing (key, revision) select key, 1 from unnest($1::text[]) as key order by key
         on conflict (key) do update set revision = thing.revision + 1 returning key, revision`,
        [keys],
      );
      const aggregates = rows.map(({ key, revision }) => ({
        aggregate: `things/${key}`,
        revision: revision - 1,
        events: [{ topic, key, type: "test.Told", payload }],
      }));
      return { state: undefined, aggregates, response: new Uint8Array() };
    },
  });
}

/** Writes a numbered backlog without going through commands: `perKey` events of each of `keys` keys. */
export async function fillLog(
  db: Database,
  backlog: { topic: string; keys: number; perKey: number; payload: Uint8Array },
): Promise<void> {
  const { topic, keys, perKey, payload } = backlog;
  await db.transaction("fill", async (tx) => {
    await tx.run("fill-timeout", "set local statement_timeout = 0");
    await tx.run(
      "fill-log",
      `with told as (
         insert into log.event (position, topic, key, aggregate, revision, type, payload, occurred_at)
         select nextval('log.position'), $1, 'key-' || key, 'things/' || $1 || '-' || key, revision,
           'test.Told', $4, now()
         from generate_series(1, $3) as revision, generate_series(1, $2) as key
         order by revision, key returning position)
       insert into log.published (position) select position from told order by position`,
      [topic, keys, perKey, payload],
    );
  });
}

/** A handler that notes what it was given in the commit that marks it as seen. */
export function applying(db: Database): (message: Message<StringValue>) => Promise<Handled> {
  return async ({ seen, event, traceId }) => {
    const changed = await transact(db, {
      name: "apply",
      source: seen,
      work: async (tx) => {
        await tx.run(
          "apply",
          `insert into applied (consumer, aggregate, revision, said, trace_id)
           values ($1, $2, $3, $4, $5)`,
          [
            seen.consumer,
            seen.aggregate,
            seen.revision,
            event.value.slice(0, 100),
            traceId ?? null,
          ],
        );
        return { state: undefined, aggregates: [] };
      },
    });
    return changed.kind === "done" ? "done" : "duplicate";
  };
}

/** The revisions that a consumer applied, by aggregate, in the order in which it did. */
export async function readApplied(
  db: Database,
  consumer: string,
): Promise<Record<string, number[]>> {
  const rows = await db.run<{ aggregate: string; revision: number }>(
    "applied-read",
    "select aggregate, revision from applied where consumer = $1 order by place",
    [consumer],
  );
  const applied: Record<string, number[]> = {};
  for (const { aggregate, revision } of rows) {
    const revisions = applied[aggregate] ?? [];
    revisions.push(revision);
    applied[aggregate] = revisions;
  }
  return applied;
}

/** 1 to `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1);
}

/** Everything that a topic holds, by key in the order of its partition, once `count` messages are there. */
export async function readTopic(
  kafka: Kafka,
  topic: string,
  count: number,
): Promise<Map<string, IncomingMessage[]>> {
  const byKey = new Map<string, IncomingMessage[]>();
  let received = 0;
  const done = Promise.withResolvers<void>();
  const loop = await kafka.consume(
    { group: `reader-${randomUUID()}`, topics: [topic] },
    {
      assigned: () => undefined,
      failed: done.reject,
      received: (messages) => {
        for (const message of messages) {
          byKey.set(message.key, [...(byKey.get(message.key) ?? []), message]);
        }
        received += messages.length;
        if (received >= count) done.resolve();
      },
    },
  );
  const limit = setTimeout(() => done.reject(new Error(`only ${received} of ${count}`)), 30_000);
  try {
    await done.promise;
  } finally {
    clearTimeout(limit);
    await loop.close();
  }
  return byKey;
}

/** The revision in a message's headers. */
export function revisionOf(message: IncomingMessage): number {
  return Number(must(message.headers.ce_revision, "a message of the relay has a revision"));
}
