import { hasCalendarYear } from "@carehub/calendar/table";
import { workingDaysBetween } from "@carehub/calendar/working-days";
import type { PreparationStep } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Step } from "./certificate.ts";
import { checkUses, usesOf } from "./check-sessions.ts";
import { dateAt } from "./clock.ts";
import type { Course } from "./course.ts";
import { unless, type Violation } from "./violation.ts";

const leadDaysMore = 10;

/** The steps before the first session: all of the template's, in its order, each early enough and none too early. */
export function checkPreparation(course: Course): Violation[] {
  const { preparation, sessions, begun } = course.certificate;
  if (begun !== undefined) return [];
  const wanted = course.template.preparation;
  const ids = preparation.map(({ id }) => id).join(", ");
  const wantedIds = wanted.map(({ id }) => id).join(", ");
  const isWhole = ids === wantedIds;
  const starts = [...preparation.slice(1), ...sessions.slice(0, 1)].map(({ start }) => start);
  return [
    ...unless(isWhole, "PREPARATION_STEPS", "preparation", `[${ids}], not [${wantedIds}]`),
    ...preparation.flatMap((step, index) => {
      const rule = wanted.find(({ id }) => id === step.id);
      return [
        ...(rule === undefined ? [] : checkStep(course, step, rule)),
        ...unless(
          step.end <= (starts[index] ?? step.end),
          "PREPARATION_ORDER",
          `step ${step.id}`,
          "is not done when the next one begins",
        ),
      ];
    }),
  ];
}

function checkStep(course: Course, step: Step, rule: PreparationStep): Violation[] {
  const { certificate, hub } = course;
  const where = `step ${step.id}`;
  const wanted = usesOf(rule.uses, certificate.under_anaesthesia);
  const minutes = Math.max(0, ...wanted.map((use) => use.offsetMinutes + use.minutes));
  const lead = leadOf(course, step);
  const most = rule.leadDaysMax || rule.leadDaysMin + leadDaysMore;
  return [
    ...checkUses(hub, { where, start: step.start, uses: step.uses, wanted }),
    ...unless(
      step.end - step.start === minutes,
      "SHAPE",
      where,
      `does not last ${minutes} minutes`,
    ),
    ...unless(
      lead !== undefined && rule.leadDaysMin <= lead && lead <= most,
      "PREPARATION_LEAD",
      where,
      `is ${lead ?? "an unknown number of"} working days before the first session, not ${rule.leadDaysMin} to ${most}`,
    ),
  ];
}

// With the step's own day, without that of the session; undefined where the country's working days are not known.
function leadOf({ certificate, hub }: Course, step: Step): number | undefined {
  const [first] = certificate.sessions;
  if (first === undefined) return undefined;
  const [from, until] = [dateAt(step.start, hub.zone), dateAt(first.start, hub.zone)].map((date) =>
    date.subtract({ days: 1 }),
  );
  if (from === undefined || until === undefined) return undefined;
  const isKnown = [from.year, until.year].every((year) => hasCalendarYear(hub.country, year));
  return isKnown ? workingDaysBetween([hub.country], from, until) : undefined;
}
