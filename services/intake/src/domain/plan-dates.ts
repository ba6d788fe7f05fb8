import { DomainError } from "@carehub/rules/domain-error";
import type { CoursePlan } from "./case-terms.ts";

/** Passes dates in their order of which the last has not passed. */
export function requireDates({ readyDate, dueDate }: CoursePlan, today: Temporal.PlainDate): void {
  const isReversed = Temporal.PlainDate.compare(readyDate, dueDate) > 0;
  const isPast = Temporal.PlainDate.compare(dueDate, today) < 0;
  if (!isReversed && !isPast) return;
  const dates = { readyDate: `${readyDate}`, dueDate: `${dueDate}` };
  throw new DomainError("PLAN_DATES_INVALID", dates);
}
