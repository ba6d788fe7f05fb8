import { type Demand, leadDays } from "./demand.ts";
import type { HeldStep } from "./hold.ts";
import type { PreparationStep } from "./hub.ts";
import type { Day, HubTime, Minute } from "./hub-time.ts";

/**
 * The demand with its preparation as it has taken place, so that only the first session is to be placed, neither too soon
 * after it nor too late: images that are too old are no help. Undefined where the preparation is not over, is another one
 * than the template's, or fits no day.
 */
export function afterPreparation(
  demand: Demand,
  done: readonly HeldStep[],
  now: Minute,
): Demand | undefined {
  const { preparation, time } = demand;
  const isOver = done.every(({ end }) => end <= now);
  const isSame = done.map(({ step }) => step).join() === preparation.map(({ id }) => id).join();
  if (done.length === 0 || !isOver || !isSame) return undefined;
  const lead = leadDays(demand);
  const days = Array.from(
    { length: demand.dueDay - demand.readyDay + 1 },
    (_, index) => demand.readyDay + index,
  ).filter((day) =>
    preparation.every((step, index) => fits(time, step, { done: done[index], day: day + lead })),
  );
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { ...demand, preparation: [], readyDay: first, dueDay: last };
}

function fits(
  time: HubTime,
  { leadDaysMin, leadDaysMax }: PreparationStep,
  { done, day }: { readonly done: HeldStep | undefined; readonly day: Day },
): boolean {
  const last = time.workingDaysBefore(day, leadDaysMin);
  const first = time.workingDaysBefore(day, leadDaysMax);
  if (done === undefined || first === undefined || last === undefined) return false;
  const doneOn = time.dayOf(done.start);
  return first <= doneOn && doneOn <= last;
}
