/*
 * What the checker looks at: a snapshot of each database, every message of the topics, and the clients' history
 * where one was kept. It shares no code with the services: a fault of theirs must not hide itself here.
 */
import pg from "pg";
import { type HistoryLine, readHistory } from "./history.ts";
import { type DatabaseName, databaseNames, type ServiceName, serviceNames } from "./invariant.ts";
import { readTopics, type TopicMessage } from "./topics.ts";

/** Where the evidence is. */
export type Places = {
  readonly databases: Readonly<Record<DatabaseName, string>>;
  readonly brokers: readonly string[];
  /** A file of JSON lines, as history.ts describes it. */
  readonly history?: string | undefined;
};

/** An event as its service keeps it; `digest` is the SHA-256 of its payload. */
export type EventRow = {
  readonly service: ServiceName;
  readonly position: number;
  /** Null while it waits for one. */
  readonly number: number | null;
  readonly eventId: string;
  readonly topic: string;
  readonly key: string;
  readonly aggregate: string;
  readonly revision: number;
  readonly type: string;
  readonly digest: string;
  readonly occurredAt: string;
  readonly occurredMs: number;
  readonly sourceEventId: string | null;
};

/** Everything that the checks ask; each part is read once. */
export type Evidence = {
  readonly query: <Row extends object>(database: DatabaseName, sql: string) => Promise<Row[]>;
  /** By position. */
  readonly events: Readonly<Record<ServiceName, readonly EventRow[]>>;
  /** By topic, partition and offset. */
  readonly messages: readonly TopicMessage[];
  /** Undefined where none was kept. */
  readonly history: readonly HistoryLine[] | undefined;
  readonly close: () => Promise<void>;
};

/** Opens a snapshot of every database and reads events, topics and history. The platform must be quiet. */
export async function gatherEvidence(places: Places): Promise<Evidence> {
  const clients = new Map<DatabaseName, pg.Client>();
  const close = async () => {
    await Promise.all([...clients.values()].map((client) => client.end()));
  };
  try {
    for (const name of databaseNames) {
      const client = new pg.Client({ connectionString: places.databases[name] });
      await client.connect();
      clients.set(name, client);
      await client.query("begin isolation level repeatable read read only");
    }
    const query: Evidence["query"] = async <Row extends object>(
      name: DatabaseName,
      sql: string,
    ) => {
      const result = await clients.get(name)?.query<Row>(sql);
      return result?.rows ?? [];
    };
    const events = Object.fromEntries(
      await Promise.all(
        serviceNames.map(async (service) => {
          const rows = await query<Omit<EventRow, "service">>(service, eventsSql);
          return [service, rows.map((row) => ({ ...row, service }))];
        }),
      ),
    ) as Evidence["events"];
    const messages = await readTopics(places.brokers);
    const history = places.history === undefined ? undefined : await readHistory(places.history);
    return { query, events, messages, history, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const eventsSql = `select position::double precision as position, number::double precision as number,
    event_id::text as "eventId", topic, key, aggregate, revision, type,
    encode(sha256(payload), 'hex') as digest, occurred_at::text as "occurredAt",
    (extract(epoch from occurred_at) * 1000)::double precision as "occurredMs",
    source_event_id as "sourceEventId"
  from log.event left join log.published using (position) order by position`;
