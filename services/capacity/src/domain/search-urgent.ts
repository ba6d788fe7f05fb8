import type { PlanContext } from "./course-search.ts";
import { type FittingCourse, stayObstacles } from "./planner.ts";
import { type Week, weekCapOf, weekOfDay } from "./urgent-reserve.ts";

/** Whether a course uses what is kept for urgent courses or emergencies; the demand is that of a routine one. */
export function isUrgentOnly(routine: PlanContext, { sessions, stays }: FittingCourse): boolean {
  const capOf = weekCapOf(routine.demand, routine.availability);
  const ofWeek = new Map<Week, number>();
  for (const { day, compensation } of sessions) {
    const week = weekOfDay(day);
    // What makes up for a lost day does not count in the week, but the week must have room for one more.
    ofWeek.set(week, (ofWeek.get(week) ?? 0) + (compensation === undefined ? 1 : 0));
  }
  const isOver = [...ofWeek].some(([week, count]) => capOf !== undefined && count > capOf(week));
  return isOver || stayObstacles(routine, stays).length > 0;
}
