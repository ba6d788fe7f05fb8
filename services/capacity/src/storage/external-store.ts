import type { Run } from "@carehub/database/pool";
import type { ExternalBooking, ExternalPlace } from "../domain/external-booking.ts";
import { keyOf, spanOf } from "../domain/external-booking.ts";
import { type HubTime, instantOfMinute } from "../domain/hub-time.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** A booking as it was imported. */
export type StoredExternal = ExternalBooking & { readonly importedAt: Temporal.Instant };

/** A system's bookings that begin in a range. */
export type SourceRange = {
  readonly source: string;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
};

type Row = {
  readonly source: string;
  readonly source_id: string;
  readonly status: "BOOKED" | "CANCELLED";
  readonly resource: string | null;
  readonly start: number | null;
  readonly end: number | null;
  readonly pool: string | null;
  readonly first_day: number | null;
  readonly last_day: number | null;
  readonly beds: number | null;
  readonly beam_pool: string | null;
  readonly beam_start: number | null;
  readonly beam_end: number | null;
  readonly imported_at: Temporal.Instant;
};

const columns = `source, source_id, status, resource,
  (extract(epoch from lower(during)) / 60)::integer as start,
  (extract(epoch from upper(during)) / 60)::integer as "end",
  pool, first_day, last_day, beds, beam_pool,
  (extract(epoch from lower(beam)) / 60)::integer as beam_start,
  (extract(epoch from upper(beam)) / 60)::integer as beam_end, imported_at`;

/** The bookings of a hub that these keys know. */
export async function readExternals(
  db: Reader,
  hub: string,
  keys: readonly Pick<ExternalBooking, "source" | "sourceId">[],
): Promise<StoredExternal[]> {
  const rows = await db.run<Row>(
    "external-read",
    `select ${columns} from external_booking
     where hub = $1 and (source, source_id) in (select * from unnest($2::text[], $3::text[]))`,
    [hub, keys.map(({ source }) => source), keys.map(({ sourceId }) => sourceId)],
  );
  return rows.map(toBooking);
}

/** What a system has booked in a range, but for these ids. */
export async function readReplaced(
  db: Reader,
  hub: string,
  { source, from, to, except }: SourceRange & { readonly except: readonly string[] },
): Promise<StoredExternal[]> {
  const rows = await db.run<Row>(
    "external-replaced",
    `select ${columns} from external_booking
     where hub = $1 and source = $2 and status = 'BOOKED' and start_at >= $3 and start_at < $4
       and not source_id = any ($5::text[])`,
    [hub, source, from, to, except],
  );
  return rows.map(toBooking);
}

/** Writes what changed; one that is cancelled keeps the place that it was known by. */
export async function saveExternals(
  tx: Reader,
  hub: string,
  { changed, time }: { readonly changed: readonly ExternalBooking[]; readonly time: HubTime },
): Promise<void> {
  if (changed.length === 0) return;
  const part = <Value>(read: (place: ExternalPlace) => Value) =>
    changed.map(({ place }) => (place === undefined ? null : read(place)));
  const span = part((place) => spanOf(place, time));
  const beam = part((place) => (place.kind === "TIME" ? (place.beam ?? null) : null));
  await tx.run("external-save", saveSql, [
    hub,
    changed.map(({ source }) => source),
    changed.map(({ sourceId }) => sourceId),
    changed.map(({ status }) => status),
    part((place) => (place.kind === "TIME" ? place.resource : null)),
    part((place) => (place.kind === "STAY" ? place.pool : null)),
    part((place) => (place.kind === "STAY" ? place.firstDay : null)),
    part((place) => (place.kind === "STAY" ? place.lastDay : null)),
    part((place) => (place.kind === "STAY" ? place.beds : null)),
    span.map((each) => each && instantOfMinute(each.start)),
    span.map((each) => each && instantOfMinute(each.end)),
    part((place) => lockKeyOf(place.kind === "TIME" ? place.resource : place.pool)),
    beam.map((each) => each?.pool),
    beam.map((each) => each && instantOfMinute(each.start)),
    beam.map((each) => each && instantOfMinute(each.end)),
  ]);
}

/** A page of a hub's bookings that reach into a range, by their beginning; `only` restricts it to these keys. */
export async function listExternals(
  db: Reader,
  hub: string,
  page: {
    readonly from: Temporal.Instant;
    readonly to: Temporal.Instant;
    readonly only: ReadonlySet<string> | undefined;
    readonly after: { startMs: number; source: string; sourceId: string } | undefined;
    readonly size: number;
  },
): Promise<StoredExternal[]> {
  const { from, to, after, only, size } = page;
  const rows = await db.run<Row>(
    "external-list",
    `select ${columns} from external_booking
     where hub = $1 and start_at < $3 and end_at > $2
       and ($4::text[] is null or source || ' ' || source_id = any ($4::text[]))
       and (start_at, source, source_id) > (to_timestamp($5::float8 / 1000), $6, $7)
     order by start_at, source, source_id limit $8`,
    [
      hub,
      from,
      to,
      only === undefined ? null : [...only],
      after?.startMs ?? beforeAllMs,
      after?.source ?? "",
      after?.sourceId ?? "",
      size,
    ],
  );
  return rows.map(toBooking);
}

// Before every time that the wire knows.
const beforeAllMs = -62_135_596_801_000;

/** The full names of what a place is of. */
export function namesOfPlace(place: ExternalPlace): string[] {
  if (place.kind === "STAY") return [place.pool];
  const { resource, beam } = place;
  return beam === undefined ? [resource] : [resource, beam.pool];
}

/** The stored bookings by their keys. */
export function byKey(stored: readonly StoredExternal[]): Map<string, StoredExternal> {
  return new Map(stored.map((booking) => [keyOf(booking), booking]));
}

const saveSql = `
  insert into external_booking as known (hub, source, source_id, status, resource, during, pool,
    first_day, last_day, beds, start_at, end_at, lock_key, beam_pool, beam, created_at, imported_at)
  select $1, source, source_id, status, resource,
    case when resource is not null then tstzrange(start_at, end_at) end, pool, first_day, last_day,
    beds, start_at, end_at, lock_key, beam_pool,
    case when beam_pool is not null then tstzrange(beam_start, beam_end) end, app.now(), app.now()
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[],
      $8::integer[], $9::integer[], $10::timestamptz[], $11::timestamptz[], $12::bigint[],
      $13::text[], $14::timestamptz[], $15::timestamptz[])
    as entry (source, source_id, status, resource, pool, first_day, last_day, beds, start_at, end_at,
      lock_key, beam_pool, beam_start, beam_end)
  on conflict (hub, source, source_id) do update set status = excluded.status,
    resource = excluded.resource, during = excluded.during, pool = excluded.pool,
    first_day = excluded.first_day, last_day = excluded.last_day, beds = excluded.beds,
    start_at = excluded.start_at, end_at = excluded.end_at, lock_key = excluded.lock_key,
    beam_pool = excluded.beam_pool, beam = excluded.beam, imported_at = excluded.imported_at`;

function toBooking(row: Row): StoredExternal {
  const { source, source_id: sourceId, status, imported_at: importedAt } = row;
  return { source, sourceId, status, place: placeOf(row), importedAt };
}

function placeOf(row: Row): ExternalPlace | undefined {
  const { resource, start, end, pool, first_day: firstDay, last_day: lastDay, beds } = row;
  if (resource !== null && start !== null && end !== null) {
    const beam = beamOf(row);
    return { kind: "TIME", resource, start, end, ...(beam === undefined ? {} : { beam }) };
  }
  if (pool === null || firstDay === null || lastDay === null || beds === null) return undefined;
  return { kind: "STAY", pool, firstDay, lastDay, beds };
}

function beamOf({ beam_pool: pool, beam_start: start, beam_end: end }: Row) {
  return pool === null || start === null || end === null ? undefined : { pool, start, end };
}
