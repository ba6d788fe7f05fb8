import type { ToCertify, TookPlace } from "./certificate.ts";
import type { Course } from "./course.ts";
import {
  changesBetween,
  demandOfRest,
  demandWithin,
  type Moved,
  type MoveWindow,
  remainingOf,
} from "./course-move.ts";
import { afterPreparation } from "./course-move-preparation.ts";
import { type Demand, type DemandedStay, startingFrom, type TimedHub } from "./demand.ts";
import type { Certificate, HeldSession, HeldStay, HeldStep, Hold, holdParts } from "./hold.ts";
import { instantOfMinute, minuteOfInstant } from "./hub-time.ts";
import { resourceName } from "./names.ts";
import { plannedItems } from "./service-items.ts";

/** What of a course is planned anew, and what of it stays as it is. */
export type Replan = {
  readonly demand: Demand;
  readonly sessions: readonly HeldSession[];
  readonly stays: readonly HeldStay[];
  readonly preparation: readonly HeldStep[];
  /** The number of the first session that is planned anew. */
  readonly nextNumber: number;
  /** Of a treatment, what the rest of it follows. */
  readonly begun?: TookPlace;
  /** What else is tried where this does not fit. */
  readonly otherwise?: Replan;
};

// So that what is planned anew shares no half hour of a beam with what has just been given.
const pauseMinutes = 30;

/**
 * All of a course that is held or booked, its first day in the window: a referral's hold begins after its release time as
 * ever. A preparation that is over stays as it was where the course still fits behind it, and else is done again.
 */
export function replanWhole(
  course: Course,
  hub: TimedHub,
  { window, now }: { readonly window: MoveWindow; readonly now: Temporal.Instant },
): Replan {
  const { hold, state, sendingParty } = course;
  const whole = { ...demandWithin(course, hub, { window, now }), ...urgencyOf(course) };
  const waits = state === "HELD" && sendingParty !== undefined && hold !== undefined;
  const demand = waits ? startingFrom(whole, hold.releaseAt) : whole;
  const anew: Replan = { demand, sessions: [], stays: [], preparation: [], nextNumber: 1 };
  const preparation = hold?.preparation ?? [];
  const after = afterPreparation(demand, preparation, minuteOfInstant(now));
  if (after === undefined) return anew;
  return { ...anew, demand: after, preparation, otherwise: anew };
}

/** The rest of a treatment, its next session in the window; stays that were given back begin with it. */
export function replanRest(
  course: Course,
  hub: TimedHub,
  { window, now }: { readonly window: MoveWindow; readonly now: Temporal.Instant },
): Replan {
  const { kept, begun, nextNumber } = remainingOf(course, now);
  const stays: readonly DemandedStay[] = course.interruption?.releasedStays ?? [];
  const rest = demandOfRest(course, hub, { window, begun, now });
  const demand = { ...rest, ...urgencyOf(course), stays };
  return {
    demand: startingFrom(demand, now.add({ minutes: pauseMinutes })),
    sessions: kept,
    stays: course.hold?.stays ?? [],
    preparation: course.hold?.preparation ?? [],
    nextNumber,
    begun: tookPlace(kept.length, rest),
  };
}

/** All of a course of which no session has taken place, or of an admitted patient who keeps the beds all sessions of it. */
export function replanUnbegun(
  course: Course,
  hub: TimedHub,
  at: { readonly window: MoveWindow; readonly now: Temporal.Instant },
): Replan {
  return keepsStays(course) ? replanRest(course, hub, at) : replanWhole(course, hub, at);
}

/** Whether a patient who was admitted keeps the beds though no session has taken place: there are several, or one was missed. */
export function keepsStays({ state, hold, missed = [] }: Course): boolean {
  const isSeveral = (hold?.sessions.length ?? 0) > 1 || missed.length > 0;
  return state === "IN_TREATMENT" && isSeveral;
}

function tookPlace(sessions: number, { document, begun }: Demand): TookPlace {
  if (begun === undefined) return { sessions };
  const { firstStart, last } = begun;
  const lastSite = resourceName(document.name, last.site);
  return { sessions, firstStart, lastEnd: last.end, lastSite };
}

type Parts = ReturnType<typeof holdParts>;

/** What is planned anew with its numbers in the whole course. */
export function renumbered({ sessions, ...parts }: Parts, { nextNumber }: Replan): Parts {
  return {
    ...parts,
    sessions: sessions.map((session, index) => ({ ...session, number: nextNumber + index })),
  };
}

/**
 * The course as it is from now on: what stays, then what is planned anew, priced by the services that it was held with.
 * Round, answer-by and release time stay.
 */
export function movedHold(
  before: Hold,
  replan: Replan,
  {
    parts,
    override = isWhole(replan) ? undefined : before.override,
    certify,
  }: {
    readonly parts: Parts;
    /** The name of the override that the new times need; absent where they need none beside what stays. */
    readonly override?: string | undefined;
    readonly certify: (plan: Plan) => Certificate;
  },
): Moved {
  const { preparation: _, prolongationDays: __, overflowProbabilityPpm: ___, ...kept } = before;
  const { override: ____, ...rest } = kept;
  const preparation = [...replan.preparation, ...(parts.preparation ?? [])];
  const plan = {
    ...parts,
    sessions: [...replan.sessions, ...parts.sessions],
    stays: [...replan.stays, ...parts.stays],
    ...(preparation.length === 0 ? {} : { preparation }),
  };
  const { underAnaesthesia, services } = before;
  const hold: Hold = {
    ...rest,
    ...plan,
    ...datesOf(before, replan, parts),
    pools: [...new Set([...keptPools(before, replan), ...parts.pools])],
    ...{ underAnaesthesia, services },
    serviceItems: plannedItems(services, { ...plan, underAnaesthesia }),
    ...(override === undefined ? {} : { override }),
    certificate: certify({ ...plan, ...acceptedOf(replan, plan, override) }),
  };
  return { hold, changes: changesBetween(before.sessions, hold.sessions) };
}

// A limit of the template that the demand is without was given up by who acts.
function acceptedOf(
  { begun, demand }: Replan,
  { prolongationDays = 0 }: { readonly prolongationDays?: number },
  name: string | undefined,
): Pick<ToCertify, "begun" | "override"> {
  const { prolongationDaysMax = Number.POSITIVE_INFINITY } = demand.template.rules;
  const isAccepted = prolongationDays > prolongationDaysMax;
  const override = {
    ...(isAccepted && { prolongation_accepted: true }),
    ...(name !== undefined && { name }),
  };
  return {
    ...(begun && { begun }),
    ...(Object.keys(override).length > 0 && { override }),
  };
}

/** What of a course a certificate proves. */
export type Plan = Omit<ToCertify, "course" | "hub" | "demand">;

function isWhole({ sessions, stays }: Replan): boolean {
  return sessions.length === 0 && stays.length === 0;
}

// Beds that stay keep their pools, and the locks that go with them.
function keptPools(before: Hold, replan: Replan): readonly string[] {
  return isWhole(replan) ? [] : before.pools;
}

function datesOf(before: Hold, replan: Replan, { firstDate, lastDate }: Parts) {
  if (isWhole(replan)) return { firstDate: earliest([firstDate, ...stepDates(replan)]), lastDate };
  const lastDates = replan.stays.map((stay) => stay.lastDate);
  return { firstDate: before.firstDate, lastDate: latest([lastDate, ...lastDates]) };
}

// A preparation that is over was the patient's first day, where somebody had to be there.
function stepDates({ preparation, demand }: Replan): Temporal.PlainDate[] {
  return preparation
    .filter(({ uses }) => uses.length > 0)
    .map(({ start }) =>
      instantOfMinute(start).toZonedDateTimeISO(demand.document.zone).toPlainDate(),
    );
}

function urgencyOf({ priority }: Course): Pick<Demand, "isEmergency"> {
  return { isEmergency: priority === "EMERGENCY" };
}

function earliest(dates: readonly Temporal.PlainDate[]): Temporal.PlainDate {
  return dates.reduce((one, other) => (Temporal.PlainDate.compare(one, other) < 0 ? one : other));
}

function latest(dates: readonly Temporal.PlainDate[]): Temporal.PlainDate {
  return dates.reduce((one, other) => (Temporal.PlainDate.compare(one, other) < 0 ? other : one));
}
