import type {
  Course,
  CoursePriority,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import type { Partner } from "@carehub/partners/partner";
import { must } from "@carehub/rules/fault";
import { book, type Plan } from "./capacity-cases.ts";
import { as, date } from "./capacity-play.ts";

const hubName = "hubs/umc-heart";

/** An operation on one day, of a child of two years and the third STAT category. */
export function operationOn(day: string): Plan {
  return {
    template: `${hubName}/templates/fallot-repair`,
    readyDate: date(day),
    dueDate: date(day),
    underAnaesthesia: true,
    statCategory: 3,
    ageMonths: 24,
  };
}

/** How likely such a child is in the unit, by days after the operation; as the example says. */
export const presentAfter = { 0: 1, 1: 0.98, 2: 0.82, 3: 0.6, 14: 0.01 } as const;

/** The probability that at least so many of these children are there, by trying who is and who is not. */
export function probabilityOf(count: number, [first, ...others]: readonly number[]): number {
  if (count === 0) return 1;
  if (first === undefined) return 0;
  const isThere = probabilityOf(count - 1, others);
  return first * isThere + (1 - first) * probabilityOf(count, others);
}

/** Books an operation of the hub's own patient. */
export function operate(hub: Partner, day: string, priority?: CoursePriority): Promise<Course> {
  return book(hub, operationOn(day), priority);
}

/** What a call is refused with; undefined where it is not. */
export async function refusalOf(call: Promise<unknown>): Promise<CallError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
}

/** Books operations on these days in their order until the hub refuses one; answers those and the refusal. */
export async function fill(hub: Partner, days: readonly string[]) {
  const booked: Course[] = [];
  for (const day of days) {
    try {
      booked.push(await operate(hub, day));
    } catch (error) {
      if (error instanceof CallError) return { booked, refusal: error };
      throw error;
    }
  }
  throw new Error(`all of ${days.length} operations were booked`);
}

/** A child is in the unit since the day of the operation. */
export async function admit({ courses }: Partner, { name }: Course, day: string): Promise<void> {
  await courses.recordAdmission({ name, admissionDate: date(day), ...as("ward-nurse") });
}

/** Records until when a child stays in the unit; answers the course. */
export async function extendTo({ sessions }: Partner, { name }: Course, day: string) {
  const wish = { name, stay: "intensive-care", lastDate: date(day), reason: "CLINICAL" };
  const { course } = await sessions.extendStay({ ...wish, ...as("ward-doctor") });
  return must(course, "an extended course is told");
}

/** Puts an operation off for want of a bed; answers the course. */
export async function putOff({ courseChanges }: Partner, { name }: Course): Promise<Course> {
  const wish = { name, number: 1, reason: "BED_UNAVAILABLE", ...as("case-manager") };
  const { course } = await courseChanges.postponeSession(wish);
  return must(course, "a course that is put off is told");
}

/** Gives a booked operation back. */
export async function giveUp({ courses }: Partner, { name }: Course): Promise<void> {
  await courses.releaseCourse({ name, reason: "CANCELLED", ...as("case-manager") });
}
