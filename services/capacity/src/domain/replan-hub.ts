/*
 * A new plan for all courses that a closure or an outage disturbs: one after the other, those first that an interruption
 * harms most, each on what is taken once those before it have moved. So the moves can be made one by one in that order,
 * and two courses are never on one resource, not even in between.
 */
import type { Uuid } from "@carehub/rules/ids";
import type { Availability } from "./availability.ts";
import { type Takes, withoutTakes, withTakes } from "./availability-change.ts";
import type { Demand } from "./demand.ts";
import type { Day, Span } from "./hub-time.ts";
import { stayRisks } from "./overflow-rule.ts";
import { type FittingCourse, planCourse, poolUses } from "./planner.ts";
import { changesOf, type Disturbed, type Replan, replanCourse } from "./replan-course.ts";
import type { Placement } from "./session-placement.ts";

/** A course that is disturbed, with what it asks of the hub. */
export type DisturbedCourse = Disturbed & {
  readonly course: Uuid;
  /** On the hub's document as it is now. */
  readonly demand: Demand;
  /** For a course that has not begun: all of it on later days, and what it keeps beside its sessions. */
  readonly whole?: { readonly demand: Demand; readonly takes: Takes };
};

/** What a proposal says of one course; `replan` is absent where no rule leaves a way. */
export type ProposedMove = {
  readonly course: Uuid;
  /** How many of its sessions cannot be given as they are planned. */
  readonly lost: number;
  readonly replan?: Replan;
};

/** Whether a placement is at a resource, by the hub's own ids, while it is closed. */
export function isDisturbed(
  { uses }: Pick<Placement, "uses">,
  closed: readonly ClosedSpan[],
): boolean {
  return uses.some((use) =>
    closed.some(
      ({ resource, start, end }) => resource === use.resource && use.start < end && start < use.end,
    ),
  );
}

/** A time at which a resource is not to be had, by the hub's own id. */
export type ClosedSpan = Span & { readonly resource: string };

/** What courses are planned anew on: everything that is taken now, theirs included, and the time that is closed. */
export type DisturbedHub = {
  readonly availability: Availability;
  readonly closed: readonly ClosedSpan[];
};

/** Plans the courses anew in order of their category. */
export function replanAll(
  courses: readonly DisturbedCourse[],
  { availability, closed }: DisturbedHub,
): ProposedMove[] {
  let taken = availability;
  return inOrder(courses).map((disturbedCourse) => {
    const { demand, course, whole, ...disturbed } = disturbedCourse;
    const others = withoutTakes(taken, takesOf(disturbed.sessions));
    const open = withTakes(others, { uses: closed, places: [] });
    const replan =
      replanCourse({ demand, availability: open }, disturbed) ?? planWhole(disturbedCourse, open);
    const lost = disturbed.lost.size;
    if (replan === undefined) return { course, lost };
    // What goes beyond the limit is for people to decide: until then it stays where it is.
    if (replan.whole !== undefined && whole !== undefined) {
      taken = withTakes(withoutTakes(others, whole.takes), takesOfWhole(replan.whole));
    } else if (replan.isWithinLimit) {
      taken = withTakes(others, takesOf(replan.sessions));
    }
    return { course, lost, replan };
  });
}

/** The courses with those first that an interruption harms most; of equals the one that ends first. */
export function inOrder(courses: readonly DisturbedCourse[]): DisturbedCourse[] {
  return courses.toSorted(
    (one, other) =>
      categoryOf(one) - categoryOf(other) ||
      lastDayOf(one) - lastDayOf(other) ||
      (one.course < other.course ? -1 : 1),
  );
}

/** What a whole course takes of a hub. */
export function takesOfWhole(course: FittingCourse): Takes {
  return {
    uses: [...course.sessions, ...course.preparation].flatMap(({ uses }) => uses),
    places: poolUses(course),
    risks: stayRisks(course.stays),
  };
}

function planWhole({ whole, sessions }: DisturbedCourse, open: Availability): Replan | undefined {
  if (whole === undefined) return undefined;
  const availability = withoutTakes(open, whole.takes);
  const found = planCourse({ demand: whole.demand, availability });
  if (found.kind === "blocked") return undefined;
  const { course } = found;
  const changes = changesOf(sessions, course.sessions);
  const { prolongationDays } = course;
  return {
    sessions: course.sessions,
    changes,
    prolongationDays,
    isWithinLimit: true,
    whole: course,
  };
}

/** What sessions take of a hub. */
export function takesOf(sessions: readonly Placement[]): Takes {
  return {
    uses: sessions.flatMap(({ uses }) => uses),
    places: sessions.flatMap(({ beam }) => beam),
  };
}

// Where nobody said, an interruption is taken to harm least.
const uncategorised = 4;

function categoryOf({ demand }: DisturbedCourse): number {
  return demand.rules.interruptionCategory ?? uncategorised;
}

function lastDayOf({ sessions }: DisturbedCourse): Day {
  return sessions.at(-1)?.day ?? 0;
}
