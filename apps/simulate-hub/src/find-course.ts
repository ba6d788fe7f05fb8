import {
  createSearch,
  firstSessions,
  type PlanContext,
} from "@carehub/capacity/domain/course-search";
import type { Day } from "@carehub/capacity/domain/hub-time";
import { type FittingCourse, tryCourses, waysOf } from "@carehub/capacity/domain/planner";
import { createDayBound } from "./day-bound.ts";

/**
 * The course that `planCourse` finds, and nothing where it finds none, sooner: a year asks thousands of times, and needs
 * none of the reasons for which a course does not fit, so first sessions that cannot lead to one are passed over.
 */
export function findCourse(context: PlanContext): FittingCourse | undefined {
  for (const compensations of waysOf(context.demand.compensations)) {
    const demand = { ...context.demand, compensations };
    const search = createSearch({ ...context, demand });
    const mayFit = createDayBound(search);
    const firstsOn = (day: Day) => firstSessions(search, day).filter(mayFit);
    for (const tried of tryCourses({ ...context, demand }, search, firstsOn)) {
      if ("place" in tried) return tried.place();
    }
  }
  return undefined;
}
