import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import type { Bucket } from "../domain/availability.ts";
import type { Course, CourseState } from "../domain/course.ts";
import type { HeldSession, HeldStep, HeldUse } from "../domain/hold.ts";
import type { Minute } from "../domain/hub-time.ts";
import { courseName } from "../domain/names.ts";
import type { MissedSession } from "../domain/session-record.ts";
import type { Freed } from "./external-keep.ts";
import { readFacts } from "./facts.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** The place of a line in a day's list: by time, then by course and number. */
export type DayPlace = {
  readonly startAt: Temporal.Instant;
  readonly course: string;
  readonly number: number;
};

/** A line of a day's list, with what its course knows of it. */
export type DayLine = DayPlace & {
  readonly course: Uuid;
  /** What is reserved for it now; empty where all was given back. */
  readonly uses: readonly HeldUse[];
  readonly state: CourseState;
  readonly revision: number;
  readonly underAnaesthesia: boolean;
  /** As it stands in the plan; undefined where the plan does not name it any more. */
  readonly session: HeldSession | undefined;
  readonly step: HeldStep | undefined;
  /** All that was ever recorded under its number. */
  readonly records: Pick<Course, "recorded" | "missed" | "inError">;
};

type DayRow = {
  readonly course: Uuid;
  readonly number: number;
  readonly start_at: Temporal.Instant;
  readonly resources: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly state: CourseState;
  readonly revision: number;
  readonly facts: string;
};

/**
 * What is planned at a hub from one instant to another, by its start: sessions and steps that use something of the hub,
 * and missed sessions also where their time was given back. At most `limit`, after that place.
 */
export async function readDay(
  db: Reader,
  day: {
    readonly hub: string;
    readonly from: Temporal.Instant;
    readonly to: Temporal.Instant;
    readonly after: DayPlace | undefined;
    readonly limit: number;
  },
): Promise<DayLine[]> {
  const { hub, from, to, after, limit } = day;
  const rows = await db.run<DayRow>("session-day", daySql, [
    hub,
    from,
    to,
    after?.startAt ?? null,
    after?.course ?? null,
    after?.number ?? null,
    limit,
  ]);
  return rows.map(toLine);
}

/** Keeps that a session was missed, by the time at which it was to begin; again changes nothing. */
export async function keepMissed(
  tx: Reader,
  { course, hub }: { readonly course: Uuid; readonly hub: string },
  { number, startAt }: Pick<MissedSession, "number" | "startAt">,
): Promise<void> {
  await tx.run(
    "session-missed",
    `insert into missed_session (course, session_number, start_at, hub, lock_key)
     values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [course, number, startAt, hub, lockKeyOf(courseName(course))],
  );
}

/**
 * Gives back what of one session's time is not over, and its beam in those buckets, under the locks of them all; answers
 * what came free, for `keepFreed`.
 */
export async function giveBackSession(
  tx: Reader,
  course: Uuid,
  what: {
    readonly number: number;
    readonly from: Minute;
    readonly beam: { readonly pools: readonly string[]; readonly buckets: readonly Bucket[] };
  },
): Promise<Freed> {
  const { number, from, beam } = what;
  type Row = { readonly resource: string; readonly start: number; readonly end: number };
  const times = await tx.run<Row>("session-give-back", giveBackSql, [
    course,
    number,
    from,
    beam.pools,
    beam.buckets,
  ]);
  // Beam minutes are never imported.
  return { times, places: [] };
}

const giveBackSql = `
  with gone as (
    delete from reservation where course = $1 and session_number = $2
      and upper(during) > to_timestamp($3::integer * 60.0)
    returning resource, during),
  freed as (
    delete from pool_use where course = $1 and not excess and pool = any ($4::text[])
      and bucket = any ($5::integer[])
    returning pool, bucket, amount),
  back as (
    update pool_bucket set planned = planned - freed.amount from freed
    where pool_bucket.pool = freed.pool and pool_bucket.bucket = freed.bucket)
  select resource, (extract(epoch from lower(during)) / 60)::integer as start,
    (extract(epoch from upper(during)) / 60)::integer as "end" from gone`;

type LineFacts = DayLine["records"] & {
  readonly underAnaesthesia: boolean | null;
  readonly session: HeldSession | null;
  readonly step: HeldStep | null;
};

function toLine({ facts, start_at: startAt, resources, starts, ends, ...row }: DayRow): DayLine {
  const { underAnaesthesia, session, step, ...records } = readFacts<LineFacts>(facts);
  const uses = resources.map((resource, at) => ({
    resource,
    start: starts[at] ?? 0,
    end: ends[at] ?? 0,
  }));
  return {
    ...row,
    startAt,
    uses,
    underAnaesthesia: underAnaesthesia ?? false,
    session: session ?? undefined,
    step: step ?? undefined,
    records,
  };
}

const ofNumber = (list: string, number: string) => `coalesce((
  select jsonb_agg(record) from jsonb_array_elements(course.facts->'${list}') as record
  where record${number} = to_jsonb(page.number)), '[]')`;

// The resources are those of the hub's versions that were valid on the day, and of the present one: the key of
// `reservation` begins with them, and an index by hub would cost every hold. A line may begin with any of its uses, so
// all of them are read before its start is looked at.
const daySql = `
  with version as (
    select document from hub_version where name = $1 and published_at < $3::timestamptz
      and version >= coalesce((select max(version) from hub_version
        where name = $1 and published_at <= $2::timestamptz), 0)
    union all
    select document from hub where name = $1),
  found as (
    select distinct course, session_number
    from (select distinct $1 || '/resources/' || (named->>'id') as name
      from version cross join jsonb_array_elements(document->'resources') as named) as resource
    -- One by one: the key does not serve a list of resources, and would read the time of all hubs.
    cross join lateral (
      select course, session_number from reservation
      where reservation.resource = resource.name
        and during && tstzrange($2::timestamptz, $3::timestamptz)
        and kind = 'SESSION' and hub = $1) as kept),
  missed as (
    select course, session_number, start_at from missed_session
    where hub = $1 and start_at >= $2::timestamptz and start_at < $3::timestamptz),
  line as (
    select found.course, found.session_number, min(lower(during)) as start_at,
      array_agg(resource order by lower(during), resource) as resources,
      array_agg((extract(epoch from lower(during)) / 60)::integer
        order by lower(during), resource) as starts,
      array_agg((extract(epoch from upper(during)) / 60)::integer
        order by lower(during), resource) as ends
    from found join reservation on reservation.course = found.course
      and reservation.session_number = found.session_number
    where not exists (select from missed where missed.course = found.course
      and missed.session_number = found.session_number)
    group by found.course, found.session_number
    having min(lower(during)) >= $2::timestamptz and min(lower(during)) < $3::timestamptz
    union all
    select course, session_number, start_at, '{}', '{}', '{}' from missed),
  page as (
    select course, session_number as number, start_at, resources, starts, ends from line
    where $4::timestamptz is null
      or (start_at, course, session_number) > ($4::timestamptz, $5::uuid, $6::integer)
    order by start_at, course, session_number limit $7)
  select page.*, course.state, course.revision, jsonb_build_object(
    'underAnaesthesia', course.facts->'hold'->'underAnaesthesia',
    'session', (select session from jsonb_array_elements(course.facts->'hold'->'sessions') as session
      where session->'number' = to_jsonb(page.number) limit 1),
    'step', case when page.number < 1 then course.facts->'hold'->'preparation'->(-page.number) end,
    'recorded', ${ofNumber("recorded", "->'number'")},
    'missed', ${ofNumber("missed", "->'number'")},
    'inError', ${ofNumber("inError", "->'was'->'record'->'number'")})::text as facts
  from page join course on course.id = page.course
  order by page.start_at, page.course, page.number`;
