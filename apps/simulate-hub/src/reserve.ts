import type { TimedHub } from "@carehub/capacity/domain/demand";
import type { Day } from "@carehub/capacity/domain/hub-time";
import { measureUse, weeksOf } from "./measures.ts";
import { siteSpanOf, type Treatment } from "./treatment.ts";

/** Hours of what a hub keeps for urgent patients. */
export type ReserveMeasures = {
  readonly kept: number;
  readonly notUrgent: number;
  readonly unused: number;
};

/** What came of the time kept for urgent patients, week by week; of a planner that keeps none, what it would have been. */
export function measureReserve(
  hub: TimedHub,
  treatments: readonly Treatment[],
  days: readonly Day[],
): ReserveMeasures {
  const minutes = hub.document.urgentReserves?.[0]?.minutesPerWeek ?? 0;
  const weeks = weeksOf(days);
  const use = measureUse(hub, treatments, weeks);
  const urgent = treatments
    .filter(({ patient }) => patient.priority !== "ROUTINE")
    .flatMap(({ sessions, given }) => sessions.slice(0, given));
  const measures = weeks.map(({ first, last }, at) => {
    const ofWeek = urgent.filter(({ day }) => first <= day && day <= last).map(siteSpanOf);
    const used = ofWeek.reduce((sum, { start, end }) => sum + end - start, 0) / 60;
    const { openHours = 0, usedHours = 0 } = use[at] ?? {};
    const kept = Math.min(openHours, minutes / 60);
    const notUrgent = Math.max(0, kept - used);
    return { kept, notUrgent, unused: Math.min(notUrgent, openHours - usedHours) };
  });
  const sum = (key: keyof ReserveMeasures) => measures.reduce((all, one) => all + one[key], 0);
  return { kept: sum("kept"), notUrgent: sum("notUrgent"), unused: sum("unused") };
}
