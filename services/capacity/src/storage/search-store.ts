/*
 * What a search index reads of the primary: all that is taken of a hub from now on, or all that some courses have, and
 * the events that say which. Each read may be newer than the events that asked for it, never older; what is read again
 * for a later event is the same or newer still.
 */
import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { bucketsAt } from "../domain/availability.ts";
import type { TimedHub } from "../domain/demand.ts";
import { minuteOfInstant } from "../domain/hub-time.ts";
import { poolName, resourceName } from "../domain/names.ts";
import type { HubTaken } from "../domain/search-index.ts";
import type { TakenBucket, TakenSpan } from "../domain/search-taken.ts";
import { presenceBranches } from "./stay-risk-store.ts";

type Reader = { readonly run: Run };

/** Which course or hub an event is about. */
export type Change = {
  readonly number: bigint;
  readonly aggregate: string;
};

/** The events after a number, in their order, at most so many. */
export function readChanges(db: Reader, after: bigint, limit: number): Promise<Change[]> {
  return db.run<Change>(
    "search-changes",
    `select number, aggregate from log.published join log.event using (position)
     where number > $1 order by number limit $2`,
    [after, limit],
  );
}

/** Reads all that is taken of a hub from now on. */
export async function readHubTaken(
  db: Reader,
  hub: TimedHub,
  now: Temporal.Instant,
): Promise<HubTaken> {
  const { document, time } = hub;
  const minute = minuteOfInstant(now);
  const buckets = bucketsAt(minute, time);
  const pools = document.pools.map(({ id, kind }) => {
    const first = kind === "BED" ? buckets.BED - 1 : buckets.BEAM;
    return { pool: poolName(document.name, id), first, last: bucketMax };
  });
  const spans = await db.run<SpanRow>("search-hub-spans", hubSpansSql, [
    document.resources.map(({ id }) => resourceName(document.name, id)),
    minute,
  ]);
  const uses = await db.run<UseRow>("search-hub-uses", hubUsesSql, [
    pools.map(({ pool }) => pool),
    pools.map(({ first }) => first),
  ]);
  return toTaken(spans, uses, await readBuckets(db, pools));
}

/** What some courses have, by their hubs; and how full the buckets are that they use or used. */
export type CoursesTaken = ReadonlyMap<string, HubTaken>;

/** Reads what these courses have; `before` are the buckets that they had when they were read last, by hub. */
export async function readCoursesTaken(
  db: Reader,
  courses: readonly Uuid[],
  before: ReadonlyMap<string, readonly { readonly pool: string; readonly bucket: number }[]>,
): Promise<CoursesTaken> {
  const [spans, uses] = await Promise.all([
    db.run<SpanRow & OfHub>("search-course-spans", courseSpansSql, [courses]),
    db.run<UseRow & OfHub>("search-course-uses", courseUsesSql, [courses]),
  ]);
  const hubs = new Set([
    ...before.keys(),
    ...spans.map(({ hub }) => hub),
    ...uses.map(({ hub }) => hub),
  ]);
  const taken = new Map<string, HubTaken>();
  for (const hub of hubs) {
    const usesOf = uses.filter((row) => row.hub === hub);
    const asked = usesOf.flatMap(({ pools, buckets }) =>
      pools.map((pool, at) => ({ pool, bucket: buckets[at] ?? 0 })),
    );
    for (const { pool, bucket } of before.get(hub) ?? []) {
      asked.push({ pool: `${hub}/pools/${pool}`, bucket });
    }
    const buckets = await readEachBucket(db, asked);
    taken.set(
      hub,
      toTaken(
        spans.filter((row) => row.hub === hub),
        usesOf,
        buckets,
      ),
    );
  }
  return taken;
}

const bucketMax = 2_147_483_647;

type OfHub = { readonly hub: string };
type SpanRow = {
  readonly course: string;
  readonly resources: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
};
type UseRow = {
  readonly course: string;
  readonly pools: readonly string[];
  readonly buckets: readonly number[];
};
type Places = { readonly pool: string; readonly first: number; readonly last: number };

function toTaken(
  spans: readonly SpanRow[],
  uses: readonly UseRow[],
  buckets: readonly TakenBucket[],
): HubTaken {
  const spansOf = ({ resources, starts, ends }: SpanRow): TakenSpan[] =>
    resources.map((resource, at) => ({
      resource: idOf(resource),
      start: starts[at] ?? 0,
      end: ends[at] ?? 0,
    }));
  const usesOf = ({ pools, buckets: of }: UseRow) =>
    pools.map((pool, at) => ({ pool: idOf(pool), bucket: of[at] ?? 0 }));
  return {
    spans: new Map(spans.map((row) => [row.course, spansOf(row)])),
    poolUses: new Map(uses.map((row) => [row.course, usesOf(row)])),
    buckets,
  };
}

function idOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

async function readEachBucket(
  db: Reader,
  asked: readonly { readonly pool: string; readonly bucket: number }[],
): Promise<TakenBucket[]> {
  const places = new Map(asked.map((one) => [`${one.pool} ${one.bucket}`, one]));
  if (places.size === 0) return [];
  const each = [...places.values()].map(({ pool, bucket }) => ({
    pool,
    first: bucket,
    last: bucket,
  }));
  const found = await readBuckets(db, each);
  const known = new Set(found.map(({ pool, bucket }) => `${pool} ${bucket}`));
  // One without a row is empty.
  const empty = [...places.values()]
    .map(({ pool, bucket }) => ({ pool: idOf(pool), bucket }))
    .filter(({ pool, bucket }) => !known.has(`${pool} ${bucket}`))
    .map((one) => ({ ...one, used: 0, uncertain: 0, presences: [] }));
  return [...found, ...empty];
}

async function readBuckets(db: Reader, places: readonly Places[]): Promise<TakenBucket[]> {
  type Row = { kind: string; pool: string; buckets: number[]; values: number[] };
  const rows = await db.run<Row>("search-buckets", bucketsSql, [
    places.map(({ pool }) => pool),
    places.map(({ first }) => first),
    places.map(({ last }) => last),
  ]);
  const found = new Map<string, TakenBucket & { presences: number[] }>();
  for (const { kind, pool: name, buckets, values } of rows) {
    const pool = idOf(name);
    for (const [at, bucket] of buckets.entries()) {
      const value = values[at] ?? 0;
      const key = `${pool} ${bucket}`;
      const known = found.get(key) ?? { pool, bucket, used: 0, uncertain: 0, presences: [] };
      if (kind === "presence") known.presences.push(value);
      found.set(key, {
        ...known,
        used: kind === "pool" ? value : known.used,
        uncertain: kind === "uncertain" ? value : known.uncertain,
      });
    }
  }
  return [...found.values()];
}

const minuteOf = (bound: "lower" | "upper") =>
  `(extract(epoch from ${bound}(during)) / 60)::integer`;
const spanColumns = `coalesce(course::text, '') as course, array_agg(resource) as resources,
  array_agg(${minuteOf("lower")}) as starts, array_agg(${minuteOf("upper")}) as ends`;

const hubSpansSql = `
  select ${spanColumns} from reservation
  where resource = any ($1::text[]) and during && tstzrange(to_timestamp($2::integer * 60.0), null)
  group by course`;
const courseSpansSql = `
  select hub, ${spanColumns} from reservation where course = any ($1::uuid[]) group by hub, course`;
const useColumns = "course::text as course, array_agg(pool) as pools, array_agg(bucket) as buckets";
const hubUsesSql = `
  select ${useColumns} from unnest($1::text[], $2::integer[]) as asked (id, first)
    join pool_use on pool = id and bucket >= first
  group by course`;
const courseUsesSql = `
  select hub, ${useColumns} from pool_use where course = any ($1::uuid[]) group by hub, course`;
const bucketsSql = `
  with asked as (
    select * from unnest($1::text[], $2::integer[], $3::integer[]) as asked (pool, first, last))
  select 'pool' as kind, bucket.pool, array_agg(bucket.bucket) as buckets,
    array_agg(bucket.planned + bucket.actual_excess) as values
  from asked join pool_bucket as bucket on bucket.pool = asked.pool
    and bucket.bucket between asked.first and asked.last
  group by bucket.pool
  union all
  ${presenceBranches("asked")}`;
