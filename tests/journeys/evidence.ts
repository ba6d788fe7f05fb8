import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseName, Platform } from "@carehub/local/platform";
import { Kafka, logLevel } from "kafkajs";
import pg from "pg";

const databases: readonly DatabaseName[] = [
  "intake",
  "intake_keys",
  "capacity",
  "agreements",
  "billing",
];
const quietMsMax = 10_000;

/** A place where something was found: a table's row, a message, a line of a log. */
export type Trace = { readonly place: string; readonly text: string };

/** Every row of every table of every database, as PostgreSQL writes it; bytes stand as hexadecimal. */
export async function readTables(platform: Platform): Promise<Trace[]> {
  const traces = await Promise.all(databases.map((name) => readDatabase(platform, name)));
  return traces.flat();
}

async function readDatabase(platform: Platform, name: DatabaseName): Promise<Trace[]> {
  const client = new pg.Client({ connectionString: platform.databaseUrl(name) });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ table: string }>(
      `select format('%I.%I', table_schema, table_name) as table from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const traces: Trace[] = [];
    for (const { table } of tables) {
      const { rows } = await client.query<{ text: string }>(
        `select row_to_json(each)::text as text from ${table} as each`,
      );
      traces.push(...rows.map(({ text }) => ({ place: `${name}: ${table}`, text })));
    }
    return traces;
  } finally {
    await client.end();
  }
}

/** A message of a topic with its key, headers and bytes. */
export type TopicMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
};

/** Every message of every carehub topic, read from the beginning by a reader of its own. */
export async function readTopics(platform: Platform): Promise<TopicMessage[]> {
  const kafka = new Kafka({ brokers: platform.brokers.split(","), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith("carehub."));
  const ends = await Promise.all(topics.map((topic) => admin.fetchTopicOffsets(topic)));
  const total = ends.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `evidence-${Date.now()}` });
  const messages: TopicMessage[] = [];
  const { promise: all, resolve, reject } = Promise.withResolvers<void>();
  const limit = setTimeout(
    () => reject(new Error(`read ${messages.length} of ${total} messages`)),
    quietMsMax * 3,
  );
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      messages.push({
        topic,
        partition,
        offset: BigInt(message.offset),
        key: message.key?.toString() ?? "",
        headers: Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        ),
        value: message.value ?? Buffer.alloc(0),
      });
      if (messages.length >= total) resolve();
    },
  });
  await all.finally(() => clearTimeout(limit));
  await consumer.disconnect();
  return messages;
}

/** Every file that the services wrote beside their databases: their logs. */
export function readLogs(platform: Platform): Trace[] {
  return readdirSync(platform.folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".jsonl"))
    .map((file) => join(platform.folder, file))
    .filter((file) => statSync(file).isFile())
    .map((file) => ({ place: file, text: readFileSync(file, "utf8") }));
}

/** What every service tells a metrics scraper. */
export async function readMetrics(platform: Platform): Promise<Trace[]> {
  return Promise.all(
    Object.entries(platform.healthUrls).map(async ([name, url]) => ({
      place: `${name}: /metrics`,
      text: await (await fetch(`${url}/metrics`)).text(),
    })),
  );
}
