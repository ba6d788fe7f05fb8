/*
 * What of imported bookings is kept: their time as rows of `reservation`, their beds and beam as `external` of a bucket.
 *
 * Guarantee: both are derived, never decided: where something changed, what was kept there is taken out, and what the
 * booked entries need is put in again but for what courses and closures keep. So the order in which entries, closures
 * and courses come and go does not matter, and nothing that is free is left out once `keepFreed` has seen it go.
 * Not guaranteed: rows of the past; what is over is history and is never derived anew.
 * Everything here runs under the locks of the resources and pools that it names.
 */
import type { Run } from "@carehub/database/pool";
import type { BucketsByKind } from "../domain/availability.ts";
import { type Minute, mergeSpans, type Span } from "../domain/hub-time.ts";
import { closeFreed } from "./document-store.ts";
import { halfHourOf, halfHoursOf, minutesIn } from "./half-hours.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** Time of a resource, by its full name. */
export type Area = { readonly resource: string; readonly start: Minute; readonly end: Minute };

/** A bucket of a pool. */
export type Cell = { readonly pool: string; readonly bucket: number };

/** What a course gave back. */
export type Freed = { readonly times: readonly Area[]; readonly places: readonly Cell[] };

/** Closes what is closed of what a course gave back, and lets imported bookings have the rest, before anybody else can. */
export async function keepFreed(tx: Reader, hub: string, { times, places }: Freed): Promise<void> {
  if (times.length > 0) {
    await closeFreed(tx, hub, times);
    await putTime(tx, hub, times);
  }
  // What was freed has its row, and with it a capacity.
  if (places.length > 0) {
    await keepExternalPlaces(
      tx,
      hub,
      places.map((cell) => ({ ...cell, capacity: 0 })),
    );
  }
}

/** Derives anew what is kept in these times. */
export async function keepExternalTime(
  tx: Reader,
  hub: string,
  areas: readonly Area[],
): Promise<void> {
  if (areas.length === 0) return;
  const gone = await tx.run<Area>("external-time-out", takeOutSql, columnsOf(areas));
  await putTime(tx, hub, [...areas, ...gone]);
}

/** Derives anew what is kept of these buckets; the capacity counts where nothing was planned in one yet. */
export async function keepExternalPlaces(
  tx: Reader,
  hub: string,
  cells: readonly (Cell & { readonly capacity: number })[],
): Promise<void> {
  if (cells.length === 0) return;
  await tx.run("external-places", placesSql, [
    hub,
    cells.map(({ pool }) => pool),
    cells.map(({ bucket }) => bucket),
    cells.map(({ capacity }) => capacity),
    cells.map(({ pool }) => lockKeyOf(pool)),
  ]);
}

/** Takes all imported bookings that are not over out of a hub's rows, so that a new document finds courses alone. */
export async function takeOutExternals(
  tx: Reader,
  hub: string,
  from: BucketsByKind,
): Promise<void> {
  await tx.run(
    "external-out-time",
    `delete from reservation where hub = $1 and kind = 'EXTERNAL' and upper(during) > app.now()`,
    [hub],
  );
  await tx.run(
    "external-out-places",
    `update pool_bucket set planned = planned - external, external = 0
     where hub = $1 and external > 0 and (pool, bucket) in (${neededPlacesSql})`,
    [hub, from.BED, from.BEAM],
  );
}

/** Everything of a hub that imported bookings which are not over need. */
export async function readExternalNeeds(
  tx: Reader,
  hub: string,
  from: BucketsByKind,
): Promise<{ readonly areas: readonly Area[]; readonly cells: readonly Cell[] }> {
  const areas = await tx.run<Area>("external-needs-time", neededTimeSql, [hub]);
  const cells = await tx.run<Cell>("external-needs-places", neededPlacesSql, [
    hub,
    from.BED,
    from.BEAM,
  ]);
  return { areas, cells };
}

async function putTime(tx: Reader, hub: string, areas: readonly Area[]): Promise<void> {
  const apart = Array.from(Map.groupBy(areas, ({ resource }) => resource)).flatMap(
    ([resource, spans]) => mergeSpans(spans).map((span: Span) => ({ resource, ...span })),
  );
  await tx.run("external-time-in", putInSql, [
    ...columnsOf(apart),
    hub,
    apart.map(({ resource }) => lockKeyOf(resource)),
  ]);
}

function columnsOf(areas: readonly Area[]): unknown[] {
  return [
    areas.map(({ resource }) => resource),
    areas.map(({ start }) => start),
    areas.map(({ end }) => end),
  ];
}

const rangeOf = `tstzrange(to_timestamp(start * 60.0), to_timestamp("end" * 60.0))`;
const minutesOf = (range: string) => `(extract(epoch from lower(${range})) / 60)::integer as start,
  (extract(epoch from upper(${range})) / 60)::integer as "end"`;

const takeOutSql = `
  with area as (
    select resource, ${rangeOf} as span
    from unnest($1::text[], $2::integer[], $3::integer[]) as area (resource, start, "end")),
  old as (
    select distinct kept.resource, kept.during from area join reservation as kept
      on kept.resource = area.resource and kept.during && area.span
    where kept.kind = 'EXTERNAL' and upper(kept.during) > app.now()),
  gone as (
    delete from reservation using old
    where reservation.resource = old.resource and reservation.during = old.during
    returning reservation.resource, reservation.during)
  select resource, ${minutesOf("during")} from gone`;

const putInSql = `
  insert into reservation (resource, during, hub, lock_key, kind)
  select area.resource, span, $4, area.lock_key, 'EXTERNAL'
  from (
    select resource, lock_key, ${rangeOf} as whole
    from unnest($1::text[], $2::integer[], $3::integer[], $5::bigint[])
      as area (resource, start, "end", lock_key)) as area
  cross join lateral unnest(
    coalesce((select range_agg(booked.during * area.whole) from external_booking as booked
      where booked.resource = area.resource and booked.during && area.whole
        and booked.status = 'BOOKED' and booked.end_at > app.now()),
      '{}'::tstzmultirange)
    - coalesce((select range_agg(taken.during) from reservation as taken
      where taken.resource = area.resource and taken.during && area.whole),
      '{}'::tstzmultirange)) as span`;

// A bucket that nothing was planned in yet has the capacity of the document.
const placesSql = `
  with needed as (
    select cell.pool, cell.bucket, cell.lock_key,
      coalesce(known.capacity + known.overbooked, cell.capacity) as capacity,
      coalesce(known.planned - known.external, 0) + coalesce(known.actual_excess, 0) as others,
      coalesce(known.external, 0) as external,
      (coalesce((select sum(beds) from external_booking as booked
        where booked.pool = cell.pool and booked.status = 'BOOKED'
          and cell.bucket between booked.first_day and booked.last_day), 0)
      + coalesce((select sum(${minutesIn("cell.bucket")}) from external_booking as booked
        where booked.beam_pool = cell.pool and booked.status = 'BOOKED'
          and booked.beam && ${halfHourOf("cell.bucket")}), 0))::integer as amount
    from unnest($2::text[], $3::integer[], $4::integer[], $5::bigint[])
      as cell (pool, bucket, capacity, lock_key)
    left join pool_bucket as known on known.pool = cell.pool and known.bucket = cell.bucket),
  decided as (
    select *, greatest(0, least(amount, capacity - others)) as kept from needed)
  insert into pool_bucket as known (pool, bucket, hub, lock_key, capacity, planned, external)
  select pool, bucket, $1, lock_key, capacity, kept, kept from decided where kept <> external
  on conflict (pool, bucket) do update set external = excluded.external,
    planned = known.planned - known.external + excluded.external`;

// One area a resource: what is free between its bookings is left out of them anyway, and a row for each would take long.
const neededTimeSql = `
  select resource, (extract(epoch from min(lower(during))) / 60)::integer as start,
    (extract(epoch from max(upper(during))) / 60)::integer as "end"
  from external_booking
  where hub = $1 and status = 'BOOKED' and resource is not null and end_at > app.now()
  group by resource`;

const neededPlacesSql = `
  select pool, day as bucket from external_booking
  cross join generate_series(greatest(first_day, $2), last_day) as day
  where hub = $1 and status = 'BOOKED' and pool is not null and end_at > app.now()
  union
  select beam_pool, half_hour from external_booking
  cross join ${halfHoursOf("beam", "$3::integer")} as half_hour
  where hub = $1 and status = 'BOOKED' and beam is not null and end_at > app.now()`;
