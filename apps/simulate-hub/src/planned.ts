/*
 * The service's own planner through a year: whole courses between their dates, a list by priority and then time for
 * those that do not fit, time kept for urgent patients, and after a loss the fewest changes, those first that an
 * interruption harms most.
 */
import { withoutTakes, withTakes } from "@carehub/capacity/domain/availability-change";
import {
  createDemand,
  type Demand,
  type TimedHub,
  withPriority,
} from "@carehub/capacity/domain/demand";
import {
  type Day,
  dateOfDay,
  instantOfMinute,
  type Minute,
} from "@carehub/capacity/domain/hub-time";
import { type FittingCourse, planCourse } from "@carehub/capacity/domain/planner";
import type { Priority } from "@carehub/capacity/domain/priority";
import { type Replan, replanCourse } from "@carehub/capacity/domain/replan-course";
import { type DisturbedCourse, inOrder, replanAll } from "@carehub/capacity/domain/replan-hub";
import { mondayOf, weekOfDay } from "@carehub/capacity/domain/urgent-reserve";
import { must } from "@carehub/rules/fault";
import type { Ledger } from "./ledger.ts";
import { type Moment, type Treatment, takesOfPlan } from "./treatment.ts";
import type { Loss, Planner } from "./year.ts";

/** What is told of every plan that is made: how, and of what. */
export type Planned = {
  readonly treatment: Treatment;
  readonly demand: Demand;
  readonly course: Pick<FittingCourse, "sessions" | "preparation" | "prolongationDays">;
  /** How many sessions at its head are as they were. */
  readonly kept: number;
  readonly kind: "NEW" | "ANEW" | "MOVED" | "BEYOND_LIMIT" | "BEYOND_RULES";
};

type Parts = {
  readonly hub: TimedHub;
  readonly ledger: Ledger;
  readonly windowDays: Readonly<Record<Priority, number>>;
  readonly onPlan: (planned: Planned) => void;
};

type Office = Parts & {
  waiting: Treatment[];
  readonly blocked: Map<string, Blocked>;
};

// A search that found nothing, by what it looked for: nothing is found in a part of it until something comes free.
type Blocked = { readonly freed: number; readonly first: Day; readonly last: Day };

const order: readonly Priority[] = ["EMERGENCY", "URGENT", "ROUTINE"];

/** Plans with the service's planner. */
export function createPlanned(parts: Parts): Planner {
  const office: Office = { ...parts, waiting: [], blocked: new Map() };
  return {
    name: "carehub",
    admit: (arrived, at) => {
      office.waiting.push(...arrived);
      offer(office, at);
    },
    recover: (losses, at) => recoverAll(office, losses, at),
  };
}

type RecoverAt = Parameters<Planner["recover"]>[1];

function recoverAll(office: Office, losses: readonly Loss[], at: RecoverAt): number {
  const { ledger } = office;
  const disturbed = losses.map((loss) => asDisturbed(office, loss, at));
  const moves = replanAll(disturbed, { availability: ledger.availability(), closed: at.closed });
  const lossOf = new Map(losses.map((loss) => [loss.treatment.patient.id, loss]));
  const replanOf = new Map(moves.map(({ course, replan }) => [course, replan]));
  const undecided: { readonly loss: Loss; readonly of: DisturbedCourse }[] = [];
  let changed = 0;
  for (const of of inOrder(disturbed)) {
    const loss = must(lossOf.get(of.course), "a move is of a loss");
    const replan = replanOf.get(of.course);
    if (replan?.isWithinLimit !== true) undecided.push({ loss, of });
    else changed += move(office, loss, { ...of, replan, kind: "MOVED", minute: at.minute });
  }
  // What people decide about comes after everything that the rules allow.
  for (const { loss, of } of undecided) changed += decide(office, loss, { of, at });
  return changed;
}

function offer(office: Office, at: Moment): void {
  office.waiting = office.waiting
    .filter(({ state }) => state === "WAITING")
    .toSorted((one, other) => rankOf(one) - rankOf(other));
  for (const treatment of office.waiting) {
    const demand = demandOf(office, treatment, at);
    const found = search(office, treatment, demand);
    if (found === undefined) continue;
    book(office, treatment, { demand, course: found, kind: "NEW" });
  }
  office.waiting = office.waiting.filter(({ state }) => state === "WAITING");
}

function rankOf({ patient }: Treatment): number {
  return order.indexOf(patient.priority) * 1_000_000 + patient.number;
}

// From tomorrow on; past the day by which it was wanted, or near it, a place is looked for some weeks ahead.
function demandOf({ hub, windowDays }: Office, treatment: Treatment, at: Moment): Demand {
  const { patient, isPrepared } = treatment;
  const { priority, plan, readyDay, dueDay } = patient;
  const ready = Math.max(readyDay, at.day + 1);
  const sunday = mondayOf(weekOfDay(at.day + windowDays[priority])) + 6;
  const due = Math.max(dueDay, sunday, ready);
  const dates = { readyDate: dateOfDay(ready), dueDate: dateOfDay(due) };
  const demand = createDemand(hub, { ...plan, ...dates }, instantOfMinute(at.minute));
  return withPriority(isPrepared ? { ...demand, preparation: [] } : demand, priority);
}

function search(office: Office, { patient }: Treatment, demand: Demand): FittingCourse | undefined {
  const { ledger, blocked } = office;
  const { readyDay: first, dueDay: last, today, reserve } = demand;
  const perDay = reserve === undefined ? "" : today;
  const key = JSON.stringify([patient.plan, demand.preparation.length, perDay]);
  const known = blocked.get(key);
  const freed = ledger.freed();
  if (known?.freed === freed && known.first <= first && last <= known.last) return undefined;
  const found = planCourse({ demand, availability: ledger.availability() });
  const course = found.kind === "fits" ? found.course : undefined;
  if (course === undefined) blocked.set(key, { freed, first, last });
  return course;
}

function book(
  { ledger, onPlan }: Office,
  treatment: Treatment,
  planned: Pick<Planned, "demand" | "kind"> & { readonly course: FittingCourse },
): void {
  const { demand, course } = planned;
  const { sessions } = course;
  ledger.take(takesOfPlan(sessions, course.preparation));
  const preparation = [...treatment.preparation, ...course.preparation];
  Object.assign(treatment, { state: "BOOKED", demand, sessions, preparation });
  onPlan({ treatment, kept: 0, ...planned });
}

// Courses that run go before what is kept for urgent ones that may come.
function asDisturbed(office: Office, { treatment, lost }: Loss, at: Moment): DisturbedCourse {
  const { patient, sessions, given, demand: before } = treatment;
  const planned = must(before, "a course with sessions was planned");
  const { plan } = patient;
  const dates = { readyDate: dateOfDay(planned.readyDay), dueDate: dateOfDay(planned.dueDay) };
  const now = instantOfMinute(at.minute);
  const demand = withPriority(createDemand(office.hub, { ...plan, ...dates }, now), "URGENT");
  const isEmergency = patient.priority === "EMERGENCY";
  return { course: patient.id, demand: { ...demand, isEmergency }, sessions, done: given, lost };
}

type Move = DisturbedCourse & {
  readonly replan: Replan;
  readonly kind: Planned["kind"];
  readonly minute: Minute;
};

function move({ ledger, onPlan }: Office, { treatment }: Loss, moved: Move): number {
  const { lost, replan, demand, kind, minute } = moved;
  const firstLost = Math.min(...lost);
  ledger.giveBack(takesOfPlan(treatment.sessions.slice(firstLost)));
  ledger.take(takesOfPlan(replan.sessions.slice(firstLost)));
  treatment.sessions = replan.sessions;
  treatment.demand = demand;
  if (kind === "BEYOND_RULES") treatment.isBeyondRules = true;
  const kept = replan.sessions.filter(({ start }) => start < minute).length;
  const course = { ...replan, preparation: treatment.preparation };
  onPlan({ treatment, demand, kept, kind, course });
  return replan.changes.length;
}

type Undecided = { readonly of: DisturbedCourse; readonly at: RecoverAt };

// What the rules leave no way for: longer than the limit, anew, with other gaps, or at last fewer sessions.
function decide(office: Office, loss: Loss, { of, at }: Undecided): number {
  const { ledger } = office;
  const { treatment, lost } = loss;
  if (lost.has(0)) return beginAnew(office, treatment, at);
  const others = withoutTakes(ledger.availability(), takesOfPlan(treatment.sessions));
  const availability = withTakes(others, { uses: at.closed, places: [] });
  const { minute } = at;
  const within = replanCourse({ demand: of.demand, availability }, of);
  if (within !== undefined) {
    const kind = within.isWithinLimit ? "MOVED" : "BEYOND_LIMIT";
    return move(office, loss, { ...of, replan: within, kind, minute });
  }
  const beyond = replanCourse({ demand: withoutBounds(of.demand), availability }, of);
  if (beyond !== undefined) {
    return move(office, loss, { ...of, replan: beyond, kind: "BEYOND_RULES", minute });
  }
  ledger.giveBack(takesOfPlan(treatment.sessions.filter((_, index) => lost.has(index))));
  treatment.sessions = treatment.sessions.filter((_, index) => !lost.has(index));
  treatment.dropped += lost.size;
  return lost.size;
}

function withoutBounds(demand: Demand): Demand {
  const { prolongationDaysMax: _, ...rules } = demand.rules;
  return { ...demand, rules: { ...rules, maxGapHours: 0, timeOfDayWindowMinutes: 0 } };
}

function beginAnew(office: Office, treatment: Treatment, at: RecoverAt): number {
  const { ledger } = office;
  const { sessions, preparation } = treatment;
  ledger.giveBack(takesOfPlan(sessions));
  treatment.isPrepared = preparation.some(({ start }) => start <= at.minute);
  if (!treatment.isPrepared) ledger.giveBack(takesOfPlan([], preparation));
  const kept = treatment.isPrepared ? preparation : [];
  Object.assign(treatment, { state: "WAITING", sessions: [], preparation: kept });
  const demand = withPriority(demandOf(office, treatment, at), "URGENT");
  const availability = withTakes(ledger.availability(), { uses: at.closed, places: [] });
  const found = planCourse({ demand, availability });
  if (found.kind !== "fits") office.waiting.push(treatment);
  else book(office, treatment, { demand, course: found.course, kind: "ANEW" });
  return sessions.length;
}
