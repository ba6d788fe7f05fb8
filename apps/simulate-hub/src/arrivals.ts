import { isWorkingDay } from "@carehub/calendar/working-days";
import type { CoursePlan, TimedHub } from "@carehub/capacity/domain/demand";
import type { InterruptionCategory } from "@carehub/capacity/domain/hub";
import { type Day, dateOfDay, dayOfDate } from "@carehub/capacity/domain/hub-time";
import type { Priority } from "@carehub/capacity/domain/priority";
import type { Uuid } from "@carehub/rules/ids";
import { createRandom, type Random } from "./random.ts";
import type { PatientGroup, Scenario } from "./scenario.ts";

/** One patient, as every planner meets the same one. */
export type Patient = {
  readonly id: Uuid;
  /** Counts from 1 in the order of arrival. */
  readonly number: number;
  readonly group: string;
  readonly isForeign: boolean;
  readonly priority: Priority;
  readonly category: InterruptionCategory | undefined;
  readonly plan: Omit<CoursePlan, "readyDate" | "dueDate">;
  readonly arrivalDay: Day;
  readonly readyDay: Day;
  readonly dueDay: Day;
  /** Gives up on that day where no session was given before; undefined for never. */
  readonly cancelsOn: Day | undefined;
};

/** Draws all patients of a run in the order of their arrival. */
export function drawPatients(
  scenario: Scenario,
  hub: TimedHub,
  { seed, patients }: { readonly seed: number; readonly patients: number },
): Patient[] {
  const random = createRandom(seed, "patients");
  const days = workingDaysOf(scenario, hub.document.country);
  const arrivals = Array.from({ length: patients }, () => {
    return days[random.whole(0, days.length - 1)] ?? 0;
  }).toSorted((one, another) => one - another);
  return arrivals.map((arrivalDay, index) =>
    drawPatient({ scenario, hub, random }, { arrivalDay, number: index + 1 }),
  );
}

type Drawing = { readonly scenario: Scenario; readonly hub: TimedHub; readonly random: Random };

function drawPatient(
  { scenario, hub, random }: Drawing,
  { arrivalDay, number }: Pick<Patient, "arrivalDay" | "number">,
): Patient {
  const group = random.pick(scenario.groups);
  const { priority } = random.pick(group.urgencies);
  const isForeign = random.uniform() < scenario.foreignShare;
  const prepared = arrivalDay + random.whole(group.readyDays.min, group.readyDays.max);
  const abroad = travelled({ scenario, hub, random }, arrivalDay);
  const readyDay = isForeign ? Math.max(prepared, abroad) : prepared;
  const gives = random.uniform() < scenario.cancelled[isForeign ? "foreign" : "own"];
  const after = random.whole(1, scenario.cancelledAfterDaysMax);
  const { rules } = hub.document.templates.find(({ id }) => id === group.template) ?? {};
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}` as Uuid,
    number,
    group: group.label,
    isForeign,
    priority,
    category: rules?.interruptionCategory,
    plan: drawPlan(group, hub, random),
    arrivalDay,
    readyDay,
    dueDay: readyDay + scenario.dueDays[priority],
    cancelsOn: gives ? arrivalDay + after : undefined,
  };
}

// The earliest day at the centre for one who travels once the payer has answered.
function travelled({ scenario, hub, random }: Drawing, arrivalDay: Day): Day {
  const { answerDays, travelDays } = scenario;
  const answered = hub.time.workingDaysAfter(
    arrivalDay,
    random.whole(answerDays.min, answerDays.max),
  );
  return (answered ?? arrivalDay) + random.whole(travelDays.min, travelDays.max);
}

function drawPlan(group: PatientGroup, { document }: TimedHub, random: Random): Patient["plan"] {
  return {
    template: `${document.name}/templates/${group.template}`,
    phases: group.phases.map(({ phase, min, max }) => {
      return { phase, sessionCount: random.whole(min, max) };
    }),
    stays: [],
    underAnaesthesia: random.uniform() < group.anaesthesiaShare,
  };
}

function workingDaysOf({ firstDate, lastDate }: Scenario, country: string): Day[] {
  const first = dayOfDate(Temporal.PlainDate.from(firstDate));
  const last = dayOfDate(Temporal.PlainDate.from(lastDate));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((day) =>
    isWorkingDay(country, dateOfDay(day)),
  );
}
