import { calendarEntry } from "@carehub/calendar/table";
import type { CourseTemplate, HubDocument, Resource } from "./hub.ts";

/*
 * Checks a certificate by itself: it reads the canonical document and the hub's document with Temporal and plain
 * loops, and shares nothing with the planner but the types of the hub.
 */

type Use = { readonly resource: string; readonly start_time: string; readonly end_time: string };
type Session = Omit<Use, "resource"> & {
  readonly number: number;
  readonly site: string;
  readonly resources: readonly Use[];
};

/** The parts of a certificate that are checked. */
export type CertificateText = {
  readonly template: { readonly id: string };
  readonly start_between: readonly [string, string];
  readonly under_anaesthesia: boolean;
  readonly sessions: readonly Session[];
  readonly stays: readonly { pool: string; stay: string; first_date: string; last_date: string }[];
};

/** What is wrong with a held course, in words; nothing when it can be treated as held. */
export function checkCourse(hub: HubDocument, text: string, sessionCount: number): string[] {
  const certificate = JSON.parse(text) as CertificateText;
  const template = hub.templates.find(({ id }) => id === certificate.template.id);
  if (template === undefined) return ["the template is unknown"];
  const { sessions } = certificate;
  const problems: string[] = [];
  if (sessions.length !== sessionCount)
    problems.push(`${sessions.length} of ${sessionCount} sessions`);
  sessions.forEach((session, index) => {
    if (session.number !== index + 1)
      problems.push(`session ${index + 1} is numbered ${session.number}`);
    problems.push(...checkShape(hub, template, { session, certificate }));
    for (const use of session.resources) problems.push(...checkUse(hub, use));
  });
  return [
    ...problems,
    ...checkRules(hub, template, sessions),
    ...checkDates(hub, template, certificate),
  ];
}

/** What is wrong with several held courses together: overlaps, and pools over their capacity. */
export function checkTogether(hub: HubDocument, texts: readonly string[]): string[] {
  const certificates = texts.map((text) => JSON.parse(text) as CertificateText);
  const uses = certificates.flatMap(({ sessions }) =>
    sessions.flatMap(({ resources }) => resources),
  );
  const problems: string[] = [];
  for (const [resource, ofResource] of Map.groupBy(uses, ({ resource }) => resource)) {
    const sorted = ofResource.toSorted((one, other) =>
      one.start_time < other.start_time ? -1 : 1,
    );
    sorted.slice(1).forEach((use, index) => {
      const before = sorted[index];
      if (before && minutes(use.start_time) < minutes(before.end_time)) {
        problems.push(`${resource} is used twice at ${use.start_time}`);
      }
    });
  }
  return [...problems, ...checkBeds(hub, certificates), ...checkBeams(hub, certificates)];
}

function checkShape(
  hub: HubDocument,
  template: CourseTemplate,
  { session, certificate }: { session: Session; certificate: CertificateText },
): string[] {
  const demanded = template.uses.filter(
    ({ onlyUnderAnaesthesia }) => certificate.under_anaesthesia || !onlyUnderAnaesthesia,
  );
  const start = minutes(session.start_time);
  const missing = demanded.filter(
    (use) =>
      !session.resources.some(
        ({ resource, start_time, end_time }) =>
          resourceOf(hub, resource)?.kind === use.kind &&
          minutes(start_time) === start + use.offsetMinutes &&
          minutes(end_time) - minutes(start_time) === use.minutes,
      ),
  );
  const extra = session.resources.length - demanded.length;
  return [
    ...missing.map(({ kind }) => `session ${session.number} has no ${kind}`),
    ...(extra === 0 ? [] : [`session ${session.number} uses ${extra} more than it should`]),
  ];
}

function checkUse(hub: HubDocument, { resource, start_time, end_time }: Use): string[] {
  const known = resourceOf(hub, resource);
  if (known === undefined) return [`${resource} is unknown`];
  const from = Temporal.Instant.from(start_time).toZonedDateTimeISO(hub.zone);
  const to = Temporal.Instant.from(end_time).toZonedDateTimeISO(hub.zone);
  const open = windowsOn(hub, known, from.toPlainDate());
  const first = from.hour * 60 + from.minute;
  const last = first + from.until(to).total("minutes");
  const problems: string[] = [];
  if (!open.some(({ start, end }) => start <= first && last <= end)) {
    problems.push(`${resource} is not open at ${from.toString()}`);
  }
  for (const closure of hub.closures) {
    if (closure.resources.length > 0 && !closure.resources.includes(known.id)) continue;
    const begin = at(closure.firstDate, closure.start, hub.zone);
    const end = at(closure.lastDate, closure.end, hub.zone);
    if (minutes(start_time) < end && minutes(end_time) > begin) {
      problems.push(`${resource} is closed at ${from.toString()}`);
    }
  }
  return problems;
}

function windowsOn(hub: HubDocument, resource: Resource, date: Temporal.PlainDate) {
  const entry = calendarEntry(hub.country, date);
  const weekly = resource.weeklyOpenings.filter(({ days }) => {
    if (entry?.works === true) return days.includes(date.dayOfWeek) || days.includes(1);
    if (entry?.works === false && !hub.worksOnPublicHolidays) return false;
    return days.includes(date.dayOfWeek);
  });
  const exceptional = hub.exceptionalOpenings.filter(
    ({ onDate, resources }) =>
      onDate.equals(date) && (resources.length === 0 || resources.includes(resource.id)),
  );
  return [...weekly, ...exceptional];
}

function checkRules(
  hub: HubDocument,
  { rules }: CourseTemplate,
  sessions: readonly Session[],
): string[] {
  const problems: string[] = [];
  const dayOf = ({ start_time }: Session) =>
    Temporal.Instant.from(start_time).toZonedDateTimeISO(hub.zone);
  sessions.slice(1).forEach((session, index) => {
    const before = sessions[index];
    if (before === undefined) return;
    const gap = (minutes(session.start_time) - minutes(before.end_time)) / 60;
    if (gap < rules.minGapHours || gap > rules.maxGapHours) {
      problems.push(`${gap} hours before session ${session.number}`);
    }
    if (rules.sameSite && session.site !== before.site) problems.push("the site changes");
  });
  const days = Map.groupBy(sessions, (session) => dayOf(session).toPlainDate().toString());
  for (const [date, ofDay] of days) {
    if (ofDay.length > rules.sessionsPerDay) problems.push(`${ofDay.length} sessions on ${date}`);
  }
  const weeks = Map.groupBy(sessions, (session) => {
    const date = dayOf(session).toPlainDate();
    return `${date.yearOfWeek} ${date.weekOfYear}`;
  });
  for (const [week, ofWeek] of weeks) {
    if (rules.sessionsPerWeek > 0 && ofWeek.length > rules.sessionsPerWeek) {
      problems.push(`${ofWeek.length} sessions in week ${week}`);
    }
  }
  const times = [...days.values()].flatMap(([first]) => (first ? [minuteOfDay(dayOf(first))] : []));
  const window = rules.timeOfDayWindowMinutes;
  const reference = times[0] ?? 0;
  if (window > 0 && times.some((time) => Math.abs(time - reference) > window)) {
    problems.push("the time of day moves too far");
  }
  return problems;
}

function checkDates(
  hub: HubDocument,
  template: CourseTemplate,
  { sessions, stays, start_between: [ready, due] }: CertificateText,
): string[] {
  const first = sessions[0];
  if (first === undefined) return ["there is no session"];
  const day = Temporal.Instant.from(first.start_time).toZonedDateTimeISO(hub.zone).toPlainDate();
  const starts = [day.toString(), ...stays.map(({ first_date }) => first_date)].toSorted();
  const begin = starts[0] ?? "";
  const problems = begin < ready || begin > due ? [`it begins on ${begin}`] : [];
  const firstStay = template.stays[0];
  const heldStay = stays[0];
  if (firstStay !== undefined && heldStay !== undefined) {
    const wanted = day.add({ days: firstStay.fromDay }).toString();
    if (heldStay.first_date !== wanted)
      problems.push(`${heldStay.stay} does not begin on ${wanted}`);
  }
  return problems;
}

function checkBeds(hub: HubDocument, certificates: readonly CertificateText[]): string[] {
  const counts = new Map<string, number>();
  for (const { pool, first_date, last_date } of certificates.flatMap(({ stays }) => stays)) {
    const last = Temporal.PlainDate.from(last_date);
    let day = Temporal.PlainDate.from(first_date);
    for (; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
      const key = `${pool} ${day}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return overFull(hub, counts, "BED");
}

function checkBeams(hub: HubDocument, certificates: readonly CertificateText[]): string[] {
  const counts = new Map<string, number>();
  for (const { template, sessions } of certificates) {
    const beam = hub.templates.find(({ id }) => id === template.id)?.beam;
    if (beam === undefined) continue;
    for (const { site, start_time } of sessions) {
      const id = site.slice(site.lastIndexOf("/") + 1);
      const pool = hub.pools.find(({ serves }) => serves.includes(id));
      for (let minute = 0; minute < beam.minutes; minute += 1) {
        const bucket = Math.floor((minutes(start_time) + beam.offsetMinutes + minute) / 30);
        const key = `${hub.name}/pools/${pool?.id} ${bucket}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  return overFull(hub, counts, "BEAM");
}

function overFull(hub: HubDocument, counts: Map<string, number>, kind: "BED" | "BEAM"): string[] {
  const capacities = new Map(
    hub.pools
      .filter((pool) => pool.kind === kind)
      .map((pool) => [`${hub.name}/pools/${pool.id}`, pool]),
  );
  return [...counts].flatMap(([key, count]) => {
    const capacity = capacities.get(key.split(" ")[0] ?? "")?.capacity ?? 0;
    return count > capacity ? [`${key} has ${count} of ${capacity}`] : [];
  });
}

function resourceOf(hub: HubDocument, name: string): Resource | undefined {
  return hub.resources.find(({ id }) => name === `${hub.name}/resources/${id}`);
}

function at(date: Temporal.PlainDate, minute: number, zone: string): number {
  return date.toZonedDateTime(zone).epochMilliseconds / 60_000 + minute;
}

function minuteOfDay(time: Temporal.ZonedDateTime): number {
  return time.hour * 60 + time.minute;
}

function minutes(time: string): number {
  return Temporal.Instant.from(time).epochMilliseconds / 60_000;
}
