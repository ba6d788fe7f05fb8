import { checkCertificates } from "./i1-certificates.ts";
import { askRules, type Invariant, type SqlRule } from "./invariant.ts";

const live = "('HELD', 'BOOKED', 'IN_TREATMENT', 'INTERRUPTED')";
const minutes = (field: string) => `to_timestamp((used->>'${field}')::bigint * 60)`;
const textOf = (...parts: string[]) => `concat_ws(' ', ${parts.join(", ")})`;

// Of a missed session only what was over is kept.
const isMissed = (course: string, number: string) => `exists (
  select from missed_session as missed where (missed.course, missed.session_number) = (${course}, ${number}))`;

// What a course must keep: all of it until it ends, then what took place.
const wantedSessions = `select course.id, (session->>'number')::integer as number, used->>'resource' as resource,
    tstzrange(${minutes("start")}, ${minutes("end")}) as during
  from course, jsonb_array_elements(facts->'hold'->'sessions') as session,
    jsonb_array_elements(session->'uses') as used
  where not ${isMissed("course.id", "(session->>'number')::integer")}
    and (state in ${live} or (state = 'ENDED' and exists (
      select from jsonb_array_elements(facts->'recorded') as recorded
      where recorded->>'number' = session->>'number')))`;

const wantedStays = `select course.id, stay->>'pool' as pool, day::date - date '1970-01-01' as bucket,
    count(*)::integer as amount
  from course, jsonb_array_elements(facts->'hold'->'stays') as stay,
    generate_series((stay->>'firstDate')::date, (stay->>'lastDate')::date, interval '1 day') as day
  where state in ${live} group by 1, 2, 3`;

const rules: readonly SqlRule[] = [
  {
    rule: "no two reservations overlap on a resource",
    database: "capacity",
    table: "reservation",
    looked: "reservation",
    broken: `select ${textOf("one.resource", "one.during", "one.kind", "one.course")} as row,
        'overlaps ' || ${textOf("other.during", "other.kind", "other.course")} as found
      from reservation as one join reservation as other
        on one.resource = other.resource and one.during && other.during and one.ctid < other.ctid`,
  },
  {
    rule: "a session is of a course that lives or took place",
    database: "capacity",
    table: "reservation",
    looked: "reservation where kind = 'SESSION'",
    broken: `select ${textOf("resource", "during", "course")} as row,
        'the course is ' || coalesce(state, 'unknown') as found
      from reservation left join course on course.id = reservation.course
      where kind = 'SESSION' and coalesce(state, '') not in ${live.replace(")", ", 'ENDED')")}`,
  },
  {
    rule: "a course keeps all its sessions or none",
    database: "capacity",
    table: "reservation",
    looked: "course",
    broken: `select ${textOf("coalesce(wanted.id, kept.course)", "'session'", "coalesce(number, session_number)", "coalesce(wanted.resource, kept.resource)")} as row,
        case when kept.course is null then 'is not kept at ' || wanted.during
          else 'is kept without a right at ' || kept.during end as found
      from (${wantedSessions}) as wanted full join (select * from reservation
          where kind = 'SESSION' and not ${isMissed("course", "session_number")}) as kept
        on (kept.course, kept.session_number, kept.resource, kept.during)
         = (wanted.id, wanted.number, wanted.resource, wanted.during)
      where kept.course is null or wanted.id is null`,
  },
  {
    rule: "a course keeps all its bed-days or none",
    database: "capacity",
    table: "pool_use",
    looked: "course",
    broken: `select ${textOf("wanted.id", "wanted.pool", "date '1970-01-01' + wanted.bucket")} as row,
        'wants ' || wanted.amount || ', keeps ' || coalesce(kept.amount, 0) as found
      from (${wantedStays}) as wanted left join pool_use as kept
        on (kept.course, kept.pool, kept.bucket, kept.excess) = (wanted.id, wanted.pool, wanted.bucket, false)
      where kept.amount is distinct from wanted.amount
      union all
      select ${textOf("course.id", "wanted.pool")}, 'nothing of it is kept' from course,
        jsonb_array_elements_text(facts->'hold'->'pools') as wanted (pool)
      where state in ('HELD', 'BOOKED')
        and not exists (select from pool_use as kept where (kept.course, kept.pool) = (course.id, wanted.pool))
      union all
      select ${textOf("pool_use.course", "pool_use.pool", "bucket")},
        'is kept though the course is ' || coalesce(state, 'unknown')
      from pool_use left join course on course.id = pool_use.course
      where coalesce(state, '') not in ${live.replace(")", ", 'ENDED')")}`,
  },
  {
    rule: "what is planned of a pool is the sum of its uses, within its capacity",
    database: "capacity",
    table: "pool_bucket",
    looked: "pool_bucket",
    broken: `select ${textOf("coalesce(bucket.pool, used.pool)", "coalesce(bucket.bucket, used.bucket)")} as row,
        format('planned %s of %s with %s overbooked and %s beyond, but its uses are %s, %s imported, %s overbooked and %s',
          bucket.planned, bucket.capacity, bucket.overbooked, bucket.actual_excess, used.planned, bucket.external,
          used.overbooked, used.excess) as found
      from pool_bucket as bucket full join (
        select pool, bucket, coalesce(sum(amount) filter (where not excess), 0) as planned,
          coalesce(sum(amount) filter (where excess), 0) as excess,
          sum(overbooked) as overbooked from pool_use group by 1, 2) as used
        on (used.pool, used.bucket) = (bucket.pool, bucket.bucket)
      where coalesce(bucket.planned - bucket.external, -1) <> coalesce(used.planned, 0)
        or bucket.actual_excess <> coalesce(used.excess, 0) or bucket.overbooked <> coalesce(used.overbooked, 0)
        or bucket.planned > bucket.capacity + bucket.overbooked`,
  },
  {
    rule: "beyond a capacity is only what two persons opened for the course that has it",
    database: "capacity",
    table: "pool_use",
    looked: "pool_use",
    broken: `select ${textOf("pool_use.course", "pool_use.pool", "pool_use.bucket")} as row,
        format('%s beyond, by %s, which is %s', pool_use.overbooked, coalesce(override.name, 'nothing'),
          coalesce(override.state, 'unknown')) as found
      from pool_use left join course on course.id = pool_use.course
      left join override on override.name = course.facts->'hold'->>'override'
      where pool_use.overbooked > 0 and (override.state is distinct from 'USED' or override.kind <> 'OVERBOOKING'
        or override.course <> course.id or override.approved_by = override.proposed_by
        or coalesce(course.state, '') not in ${live.replace(")", ", 'ENDED')")})`,
  },
];

/** Nobody is booked twice: resources, pools, and courses that are whole or not at all. */
export const noDoubleBooking: Invariant = {
  id: "I1",
  title: "no double booking",
  check: async (evidence) => [
    ...(await askRules(evidence, rules)),
    ...(await checkCertificates(evidence)),
  ],
};
