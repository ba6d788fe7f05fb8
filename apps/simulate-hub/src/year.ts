/*
 * One year of one planner, day by day: who arrives is admitted, who gives up is let go, what breaks down is planned
 * anew at the minute at which it does, and in the evening the day's sessions were given or missed. Every planner meets
 * the same patients, the same breakdowns and the same missed appointments.
 */
import type { TimedHub } from "@carehub/capacity/domain/demand";
import type { Day } from "@carehub/capacity/domain/hub-time";
import { type ClosedSpan, isDisturbed } from "@carehub/capacity/domain/replan-hub";
import type { Patient } from "./arrivals.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Outage } from "./outages.ts";
import { chanceOf } from "./random.ts";
import {
  isLive,
  type Moment,
  newTreatment,
  siteSpanOf,
  type Treatment,
  takesOfPlan,
  toCome,
} from "./treatment.ts";

/** What happens, the same for every planner. */
export type Happening = {
  readonly hub: TimedHub;
  readonly days: readonly Day[];
  readonly patients: readonly Patient[];
  readonly outages: readonly Outage[];
  readonly missedShare: number;
  readonly seed: number;
};

/** A treatment with the places, in its list of sessions, of those that cannot be or were not given. */
export type Loss = { readonly treatment: Treatment; readonly lost: ReadonlySet<number> };

/** Why sessions were lost. */
export type LossCause = "OUTAGE" | "MISSED";

/**
 * How a planner goes about its work: it takes and gives back in the ledger what it plans, and leaves nothing there at
 * what is closed.
 */
export type Planner = {
  readonly name: string;
  /** Once a day, with those that arrived on it. */
  readonly admit: (arrived: readonly Treatment[], at: Moment) => void;
  /** Plans anew what was lost; answers how many appointments are others now. */
  readonly recover: (
    losses: readonly Loss[],
    at: Moment & { readonly cause: LossCause; readonly closed: readonly ClosedSpan[] },
  ) => number;
};

/** What was planned anew on one day for one reason. */
export type Recovery = {
  readonly day: Day;
  readonly cause: LossCause;
  readonly courses: number;
  readonly lost: number;
  readonly changed: number;
};

/** What a year came to. */
export type YearOutcome = {
  readonly planner: string;
  readonly treatments: readonly Treatment[];
  readonly recoveries: readonly Recovery[];
  readonly stepsLost: number;
  readonly conflicts: number;
};

type Running = Happening & {
  readonly ledger: Ledger;
  readonly planner: Planner;
  readonly treatments: Treatment[];
  readonly recoveries: Recovery[];
  stepsLost: number;
};

/** Runs the year; `onDay` is told of each day that is over. */
export function runYear(
  happening: Happening,
  createPlanner: (ledger: Ledger) => Planner,
  onDay: (day: Day, treatments: readonly Treatment[]) => void = () => undefined,
): YearOutcome {
  const ledger = createLedger(happening.hub);
  const planner = createPlanner(ledger);
  const year: Running = {
    ...{ ...happening, ledger, planner, treatments: [], recoveries: [], stepsLost: 0 },
  };
  const arriving = Map.groupBy(happening.patients, ({ arrivalDay }) => arrivalDay);
  for (const day of happening.days) {
    ledger.forgetBefore(day);
    const arrived = (arriving.get(day) ?? []).map(newTreatment);
    year.treatments.push(...arrived);
    cancel(year, day);
    planner.admit(arrived, { day, minute: happening.hub.time.startOf(day) });
    breakDown(year, day);
    treat(year, day);
    onDay(day, year.treatments);
  }
  const { treatments, recoveries, stepsLost } = year;
  const conflicts = ledger.conflicts();
  return { planner: planner.name, treatments, recoveries, stepsLost, conflicts };
}

function cancel({ treatments, ledger }: Running, day: Day): void {
  for (const treatment of treatments) {
    const { patient, state, given } = treatment;
    const isOut = state !== "WAITING" && state !== "BOOKED";
    if (patient.cancelsOn !== day || isOut || given > 0) continue;
    ledger.giveBack(takesOfPlan(treatment.sessions, treatment.preparation));
    Object.assign(treatment, { state: "CANCELLED", sessions: [], preparation: [] });
  }
}

function breakDown(year: Running, day: Day): void {
  const { hub, outages, treatments, ledger } = year;
  const { time } = hub;
  for (const outage of outages) {
    const { start, end, rooms } = outage;
    if (time.dayOf(start) !== day) continue;
    const closed = rooms.map((resource) => ({ resource, start, end }));
    year.stepsLost += dropSteps(treatments, ledger, closed);
    // A session whose patient is in the room is brought to its end.
    const losses = treatments.filter(isLive).flatMap((treatment): Loss[] => {
      const lost = treatment.sessions.flatMap((session, at) => {
        const isLost = at >= treatment.given && siteSpanOf(session).start >= start;
        return isLost && isDisturbed(session, closed) ? [at] : [];
      });
      return lost.length === 0 ? [] : [{ treatment, lost: new Set(lost) }];
    });
    recover(year, losses, { day, minute: start, cause: "OUTAGE", closed });
    ledger.close(closed);
  }
}

// A step of a preparation that a breakdown hits is done after hours, by every planner.
function dropSteps(
  treatments: readonly Treatment[],
  ledger: Ledger,
  closed: readonly ClosedSpan[],
): number {
  let dropped = 0;
  for (const treatment of treatments) {
    const hit = treatment.preparation.filter((step) => isHit(step, closed));
    if (hit.length === 0) continue;
    ledger.giveBack(takesOfPlan([], hit));
    treatment.preparation = treatment.preparation.filter((step) => !hit.includes(step));
    dropped += hit.length;
  }
  return dropped;
}

function isHit(step: Treatment["preparation"][number], closed: readonly ClosedSpan[]): boolean {
  return step.uses.some((use) =>
    closed.some(({ resource, start, end }) => {
      return resource === use.resource && use.start < end && start <= use.start;
    }),
  );
}

function treat(year: Running, day: Day): void {
  const { treatments, hub } = year;
  const losses: Loss[] = [];
  for (const treatment of treatments) {
    const today = toCome(treatment).filter((session) => session.day === day);
    if (!isLive(treatment) || today.length === 0) continue;
    if (isMissed(year, treatment)) {
      const indexes = today.map((_, at) => treatment.given + at);
      losses.push({ treatment, lost: new Set(indexes) });
      continue;
    }
    treatment.given += today.length;
    treatment.state = "BEGUN";
  }
  const tomorrow = { day: day + 1, minute: hub.time.startOf(day + 1) };
  recover(year, losses, { ...tomorrow, cause: "MISSED", closed: [] });
  for (const treatment of treatments) {
    const isOver = treatment.given > 0 && toCome(treatment).length === 0;
    if (isLive(treatment) && isOver) treatment.state = "FINISHED";
  }
}

function isMissed({ seed, missedShare }: Running, treatment: Treatment): boolean {
  treatment.appointments += 1;
  const { patient, appointments } = treatment;
  return chanceOf(seed, `missed ${patient.number} ${appointments}`) < missedShare;
}

function recover(
  { planner, recoveries }: Running,
  losses: readonly Loss[],
  at: Parameters<Planner["recover"]>[1],
): void {
  if (losses.length === 0) return;
  const lost = losses.reduce((sum, { lost: { size } }) => sum + size, 0);
  const changed = planner.recover(losses, at);
  const { cause } = at;
  const day = cause === "MISSED" ? at.day - 1 : at.day;
  recoveries.push({ day, cause, courses: losses.length, lost, changed });
}
