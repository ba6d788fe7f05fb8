import type { Run } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { TimedHub } from "../domain/demand.ts";
import type { Hub, HubDocument } from "../domain/hub.ts";
import { createHubTime } from "../domain/hub-time.ts";
import { readFacts, writeFacts } from "./facts.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

type HubRow = {
  readonly version: number;
  readonly document: string | null;
  readonly created_at: Temporal.Instant;
  readonly updated_at: Temporal.Instant;
};

/** Reads hubs' present versions; a document is parsed and its days prepared once per version. */
export type HubStore = {
  readonly load: (db: Reader, name: string) => Promise<TimedHub | undefined>;
  /** Locks the hub's row for the rest of the transaction. */
  readonly lock: (db: Reader, name: string) => Promise<TimedHub | undefined>;
};

/** Opens the store; it keeps one version of each hub in memory, and tells of each that it reads for the first time. */
export function createHubStore(onHub: (hub: TimedHub) => void = () => undefined): HubStore {
  const known = new Map<string, TimedHub>();
  const read = async (db: Reader, name: string, forUpdate: boolean) => {
    const kept = known.get(name);
    const [row] = await db.run<HubRow>(
      forUpdate ? "hub-lock" : "hub-read",
      `select version, created_at, updated_at,
         case when version = $2 then null else document::text end as document
       from hub where name = $1 ${forUpdate ? "for update" : ""}`,
      [name, kept?.version ?? 0],
    );
    if (row === undefined) return undefined;
    if (row.document === null) return kept;
    const hub = toHub(row, readFacts<HubDocument>(row.document));
    // A transaction that is rolled back may have read its own version: only what others see is kept.
    if (forUpdate) return hub;
    known.set(name, hub);
    onHub(hub);
    return hub;
  };
  return {
    load: (db, name) => read(db, name, false),
    lock: (db, name) => read(db, name, true),
  };
}

/** Counts one more event of a hub, and locks its row; answers the event's revision. Fails where there is no hub. */
export async function countHubEvent(tx: Reader, name: string): Promise<number> {
  const rows = await tx.run<{ revision: number }>(
    "hub-count-event",
    "update hub set revision = revision + 1 where name = $1 returning revision",
    [name],
  );
  return must(rows[0], "only a hub that was published has events").revision;
}

/** Writes the next version of a hub, whose row is locked, and keeps it for good; answers its times and its event's revision. */
export async function saveHub(
  db: Reader,
  { document, version }: { readonly document: HubDocument; readonly version: number },
): Promise<Pick<Hub, "createdAt" | "updatedAt"> & { readonly revision: number }> {
  type Row = { created_at: Temporal.Instant; updated_at: Temporal.Instant; revision: number };
  const programmes = [...new Set(document.templates.map(({ programme }) => programme))];
  const rows = await db.run<Row>(
    "hub-save",
    `with saved as (
       insert into hub (name, lock_key, version, revision, document, programmes, valid_until_at, created_at,
         updated_at)
       values ($1, $2, $3, $3, $4::jsonb, $5, $6, app.now(), app.now())
       on conflict (name) do update set version = excluded.version, revision = hub.revision + 1,
         document = excluded.document,
         programmes = excluded.programmes, valid_until_at = excluded.valid_until_at,
         updated_at = excluded.updated_at
       where hub.version = excluded.version - 1
       returning name, version, revision, document, created_at, updated_at
     ), kept as (
       insert into hub_version (name, version, document, published_at)
       select name, version, document, updated_at from saved
     )
     select created_at, updated_at, revision from saved`,
    [
      document.name,
      lockKeyOf(document.name),
      version,
      writeFacts(document),
      programmes.toSorted(),
      document.validUntilAt,
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new HubMovedOnError();
  return { createdAt: row.created_at, updatedAt: row.updated_at, revision: row.revision };
}

/** The names of all hubs. */
export async function readHubNames(db: Reader): Promise<string[]> {
  const rows = await db.run<{ name: string }>("hub-names", "select name from hub order by name");
  return rows.map(({ name }) => name);
}

/** Another version of the hub was written meanwhile. */
export class HubMovedOnError extends Error {
  override readonly name = "HubMovedOnError";
}

function toHub(row: HubRow, document: HubDocument): TimedHub {
  return {
    document,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    time: createHubTime(document),
  };
}
