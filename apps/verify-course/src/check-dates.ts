import type { Certificate } from "./certificate.ts";
import { dateAt, daysFrom } from "./clock.ts";
import { type Course, sessionsToCome } from "./course.ts";
import { isWithin } from "./hub.ts";
import { idealLastDate } from "./ideal.ts";
import { unless, type Violation } from "./violation.ts";

/** The first and the last day of the sessions, in the hub's zone. */
function sessionDates({ certificate, hub }: Course) {
  const dates = certificate.sessions
    .map(({ start }) => dateAt(start, hub.zone))
    .toSorted(Temporal.PlainDate.compare);
  const [first = Temporal.PlainDate.from("1970-01-01")] = dates;
  return { first, last: dates.at(-1) ?? first };
}

/** When the course begins, where its stays lie, and how long it lasts. */
export function checkDates(course: Course): Violation[] {
  const { certificate, hub } = course;
  const { first } = sessionDates(course);
  const { begun } = certificate;
  const stays = begun === undefined ? certificate.stays.map((stay) => stay.first) : [];
  const [next] = sessionsToCome(certificate);
  const begins = [next === undefined ? first : dateAt(next.start, hub.zone), ...stays].toSorted(
    Temporal.PlainDate.compare,
  )[0];
  const [ready, due] = certificate.start_between;
  return [
    ...unless(
      begins !== undefined && isWithin(begins, ready, due),
      "START_BETWEEN",
      "start_between",
      `the course begins on ${begins}, not between ${ready} and ${due}`,
    ),
    ...(begun === undefined ? checkStays(course, first) : checkKeptStays(course)),
    ...checkLength(course),
  ];
}

// A stay with other days than the template's moves those that begin, by the template, when it ends.
function checkStays({ certificate, hub, template }: Course, first: Temporal.PlainDate) {
  const moved = new Map<number, number>();
  const left = [...certificate.stays];
  const known = template.stays.flatMap(({ id, pool, fromDay, days }) => {
    const at = left.findIndex((stay) => stay.id === id);
    const [stay] = at < 0 ? [] : left.splice(at, 1);
    if (stay === undefined) return [];
    const lasts = daysFrom(stay.first, stay.last) + 1;
    const wanted = first.add({ days: fromDay + (moved.get(fromDay) ?? 0) });
    moved.set(fromDay + days, (moved.get(fromDay + days) ?? 0) + lasts - days);
    const where = `stay ${id}`;
    return [
      ...unless(stay.pool === `${hub.name}/pools/${pool}`, "STAYS", where, `is in ${stay.pool}`),
      ...unless(
        stay.first.equals(wanted),
        "STAYS",
        where,
        `begins on ${stay.first}, not ${wanted}`,
      ),
      ...unless(lasts >= 1, "STAYS", where, "ends before it begins"),
    ];
  });
  const unknown = left.flatMap(({ id }) =>
    unless(false, "STAYS", `stay ${id}`, "is none of the template's, or stands twice"),
  );
  const none = certificate.stays.length > 0 || template.stays.length === 0;
  return [
    ...known,
    ...unknown,
    ...unless(none, "STAYS", "stays", "there is none of the template's"),
  ];
}

// The beds of a treatment that has begun are as it went, in the pools of its template.
function checkKeptStays({ certificate, hub, template }: Course): Violation[] {
  return certificate.stays.flatMap(({ id, pool, first, last }) => {
    const isKnown = template.stays.some(
      (stay) => stay.id === id && pool === `${hub.name}/pools/${stay.pool}`,
    );
    return [
      ...unless(isKnown, "STAYS", `stay ${id}`, `is none of the template's in ${pool}`),
      ...unless(daysFrom(first, last) >= 0, "STAYS", `stay ${id}`, "ends before it begins"),
    ];
  });
}

function checkLength(course: Course): Violation[] {
  const { certificate, hub, rules } = course;
  const { first, last } = sessionDates(course);
  const overall = daysFrom(first, last) + 1;
  const began = certificate.begun?.first ?? undefined;
  const from = began === undefined ? first : dateAt(began, hub.zone);
  const prolongation = Math.max(0, daysFrom(idealLastDate(course, from), last));
  const isAllowed =
    certificate.override?.prolongation_accepted === true || rules.prolongationDaysMax === undefined;
  const most = isAllowed ? Number.POSITIVE_INFINITY : (rules.prolongationDaysMax ?? 0);
  return [
    ...stated(certificate, "overall_days", overall),
    ...stated(certificate, "prolongation_days", prolongation),
    ...unless(
      prolongation <= most,
      "PROLONGATION_LIMIT",
      "prolongation_days",
      `the course lasts ${prolongation} days longer than without a lost day, ${most} are allowed`,
    ),
  ];
}

function stated(
  certificate: Certificate,
  name: "overall_days" | "prolongation_days",
  counted: number,
): Violation[] {
  const said = certificate[name];
  const rule = name === "overall_days" ? "OVERALL_DAYS" : "PROLONGATION";
  return unless(said === counted, rule, name, `${said}, counted ${counted}`);
}
