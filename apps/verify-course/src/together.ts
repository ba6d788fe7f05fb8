import type { Hub, Pool } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { PoolKind } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { everyUse } from "./check-uses.ts";
import { dateAt, datesBetween, type Minute, minuteAt, show } from "./clock.ts";
import type { Course } from "./course.ts";
import { capacityOn, poolOf, shapeOf } from "./hub.ts";
import { bedsOpened } from "./override.ts";
import { unless, type Violation } from "./violation.ts";

const beamMinutes = 30;
const millisecondsOfMinute = 60_000;

/** A course that is to take place, but for some of its sessions. */
export type CourseToCome = Course & { readonly missed: ReadonlySet<number> };

/** Whether courses that are all to take place are in each other's way: at a resource, in a bed, at a beam. */
export function checkCourses(
  courses: readonly CourseToCome[],
  versions: readonly Hub[],
): Violation[] {
  return [
    ...checkResources(courses),
    ...[...Map.groupBy(courses, ({ hub }) => hub.name)].flatMap(([name, ofHub]) => {
      const known = [
        ...versions.filter((hub) => hub.name === name),
        ...ofHub.map(({ hub }) => hub),
      ];
      const sorted = known.toSorted((one, other) => one.version - other.version);
      return [...checkBeds(ofHub, sorted), ...checkBeams(ofHub, sorted)];
    }),
  ];
}

function checkResources(courses: readonly CourseToCome[]): Violation[] {
  const uses = courses.flatMap((of) =>
    everyUse(keptOf(of)).map((use) => ({ ...use, of, course: of.certificate.course })),
  );
  return [...Map.groupBy(uses, ({ resource }) => resource)].flatMap(([resource, ofResource]) => {
    const [first, ...rest] = ofResource.toSorted((one, other) => one.start - other.start);
    let last = first;
    return rest.flatMap((use) => {
      const before = last;
      if (before === undefined || use.end > before.end) last = use;
      const isFree = before === undefined || before.end <= use.start || before.of === use.of;
      const at = show(use.start, use.of.hub.zone);
      const found = `${use.course}, ${use.where}, at ${at} while ${before?.course} has it`;
      return unless(isFree, "DOUBLE_BOOKING", resource, found);
    });
  });
}

function keptOf({ certificate: { preparation, sessions }, missed }: CourseToCome) {
  return { preparation, sessions: sessions.filter(({ number }) => !missed.has(number)) };
}

type Bed = {
  readonly course: Course;
  readonly pool: string;
  readonly date: Temporal.PlainDate;
};

function checkBeds(courses: readonly Course[], versions: readonly Hub[]): Violation[] {
  const days = courses.flatMap((course) =>
    course.certificate.stays.flatMap(({ pool, first, last }) =>
      datesBetween(first, last).map((date): Bed => ({ course, pool, date })),
    ),
  );
  const groups = Map.groupBy(days, ({ pool, date }) => `${pool} ${date}`);
  return [...groups.values()].flatMap((beds) => {
    const [bed] = beds;
    if (bed === undefined) return [];
    const { pool: name, date } = bed;
    const pool = poolAt(versions, name, (hub) => minuteAt(date, "24:00", hub.zone));
    const places = pool?.kind === PoolKind.BED ? capacityOn(pool, date) : 0;
    const more = openedFor(beds);
    const found = `${beds.length} of ${places + more} beds on ${date}`;
    return [
      ...unless(beds.length <= places + more, "BEDS_FULL", name, found),
      ...checkReserve(name, date, beds),
    ];
  });
}

// What overrides opened counts for the beds of their own courses, and no others.
function openedFor(beds: readonly Bed[]): number {
  return [...Map.groupBy(beds, ({ course }) => course)]
    .map(([{ override }, [bed, ...others]]) =>
      bed === undefined ? 0 : Math.min(1 + others.length, bedsOpened(override, bed.pool, bed.date)),
    )
    .reduce((sum, count) => sum + count, 0);
}

// The last course that is none of an emergency was planned on its version's beds without those kept for emergencies.
function checkReserve(name: string, date: Temporal.PlainDate, beds: readonly Bed[]): Violation[] {
  const usual = beds.filter(({ course }) => !course.certificate.is_emergency);
  const last = usual.toSorted((one, other) => one.course.hub.version - other.course.hub.version);
  const hub = last.at(-1)?.course.hub;
  const pool = hub && poolOf(hub, name);
  if (pool === undefined) return [];
  const places = capacityOn(pool, date) - pool.emergencyReserve + openedFor(usual);
  const found = `${usual.length} beds on ${date}, ${places} are not kept for emergencies`;
  return unless(usual.length <= places, "BEDS_RESERVED", name, found);
}

function checkBeams(courses: readonly CourseToCome[], versions: readonly Hub[]): Violation[] {
  const sums = new Map<string, { name: string; bucket: number; minutes: number; zone: string }>();
  for (const { certificate, hub, template, missed } of courses) {
    certificate.sessions.forEach(({ number, phase, site, start }, index) => {
      if (missed.has(number)) return;
      const isFirst = certificate.sessions[index - 1]?.phase !== phase;
      const beam = shapeOf(template, phase, isFirst)?.beam;
      const pool = hub.pools.find(({ serves }) =>
        serves.some((id) => site === `${hub.name}/resources/${id}`),
      );
      const name = `${hub.name}/pools/${pool?.id}`;
      for (let passed = 0; passed < (beam?.minutes ?? 0); passed += 1) {
        const bucket = Math.floor((start + (beam?.offsetMinutes ?? 0) + passed) / beamMinutes);
        const key = `${name} ${bucket}`;
        const sum = sums.get(key)?.minutes ?? 0;
        sums.set(key, { name, bucket, minutes: sum + 1, zone: hub.zone });
      }
    });
  }
  return [...sums.values()].flatMap(({ name, bucket, minutes, zone }) => {
    const start = bucket * beamMinutes;
    const pool = poolAt(versions, name, () => start + beamMinutes);
    const places = pool?.kind === PoolKind.BEAM ? capacityOn(pool, dateAt(start, zone)) : 0;
    const found = `${minutes} of ${places} minutes from ${show(start, zone)}`;
    return unless(minutes <= places, "BEAM_FULL", name, found);
  });
}

// A version says nothing of what was over when it was published: the pool as the last one before that end has it.
function poolAt(
  versions: readonly Hub[],
  name: string,
  endOf: (hub: Hub) => Minute,
): Pool | undefined {
  const inForce = versions.findLast((hub) => publishedAt(hub) < endOf(hub)) ?? versions[0];
  return inForce && poolOf(inForce, name);
}

function publishedAt({ updateTime }: Hub): Minute {
  const { seconds, nanos } = updateTime ?? { seconds: 0n, nanos: 0 };
  return (Number(seconds) * 1000 + nanos / 1_000_000) / millisecondsOfMinute;
}
