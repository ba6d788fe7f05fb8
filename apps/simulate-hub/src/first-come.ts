/*
 * The baseline: first come, first served, session by session, as a centre does it without a planner. Each patient in
 * the order of arrival takes the first session that is free, then the next free one on a later day, and so on; nobody
 * looks ahead. Nothing is kept for urgent patients. What is lost is appended at the end of its course, in the order of
 * arrival; no lost day is made up for.
 */
import type { Availability } from "@carehub/capacity/domain/availability";
import { withTakes } from "@carehub/capacity/domain/availability-change";
import { createDemand, type Demand, type TimedHub } from "@carehub/capacity/domain/demand";
import {
  type Day,
  dateOfDay,
  instantOfMinute,
  type Minute,
} from "@carehub/capacity/domain/hub-time";
import { placePreparation } from "@carehub/capacity/domain/preparation";
import { type Placement, placeSession, startsOn } from "@carehub/capacity/domain/session-placement";
import { weekOfDay } from "@carehub/capacity/domain/urgent-reserve";
import { must } from "@carehub/rules/fault";
import type { Ledger } from "./ledger.ts";
import { type Moment, type Treatment, takesOfPlan } from "./treatment.ts";
import type { Planner } from "./year.ts";

// Nobody books further ahead.
const daysMax = 366;
const minutesOfHour = 60;

type Desk = { readonly hub: TimedHub; readonly ledger: Ledger };
type Context = { readonly demand: Demand; readonly availability: Availability };

/** Plans first come, first served. */
export function createFirstCome(desk: Desk): Planner {
  const { ledger } = desk;
  return {
    name: "first come",
    admit: (arrived, at) => {
      for (const treatment of arrived) begin(desk, treatment, at);
    },
    recover: (losses, at) => {
      const inOrder = losses.toSorted(
        (one, other) => one.treatment.patient.number - other.treatment.patient.number,
      );
      for (const { treatment, lost } of inOrder) {
        const isLost = (_: Placement, index: number) => lost.has(index);
        ledger.giveBack(takesOfPlan(treatment.sessions.filter(isLost)));
      }
      let changed = 0;
      for (const { treatment, lost } of inOrder) {
        const open = withTakes(ledger.availability(), { uses: at.closed, places: [] });
        const demand = { ...demandOf(desk, treatment, at), preparation: [] };
        const kept = treatment.sessions.filter((_, index) => !lost.has(index));
        const appended = append({ demand, availability: open }, kept, { lost, day: at.day });
        ledger.take(takesOfPlan(appended));
        treatment.sessions = [...kept, ...appended];
        treatment.dropped += lost.size - appended.length;
        changed += lost.size;
      }
      return changed;
    },
  };
}

function begin(desk: Desk, treatment: Treatment, at: Moment): void {
  const demand = demandOf(desk, treatment, at);
  const context = { demand, availability: desk.ledger.availability() };
  for (let day = demand.readyDay; day <= demand.readyDay + daysMax; day += 1) {
    const first = firstOn(context, demand.siteGroups.flat(), day);
    if (first === undefined) continue;
    const prepared = placePreparation(context, day);
    if (!("steps" in prepared)) continue;
    const rest = demand.phases.map((_, index) => index).slice(1);
    const sessions = [first, ...append(context, [first], { lost: new Set(rest), day })];
    if (sessions.length < demand.phases.length) return;
    desk.ledger.take(takesOfPlan(sessions, prepared.steps));
    Object.assign(treatment, { state: "BOOKED", demand, sessions, preparation: prepared.steps });
    return;
  }
}

function demandOf({ hub }: Desk, { patient }: Treatment, at: Moment): Demand {
  const { plan, readyDay } = patient;
  const readyDate = dateOfDay(Math.max(readyDay, at.day + 1));
  const dates = { readyDate, dueDate: readyDate.add({ days: daysMax }) };
  return createDemand(hub, { ...plan, ...dates }, instantOfMinute(at.minute));
}

function firstOn(context: Context, sites: readonly string[], day: Day): Placement | undefined {
  return nearestOn(context, { sites, day, index: 0, from: 0, ofDay: undefined });
}

// Puts the lost sessions, one after the other, behind the last one that is kept.
function append(
  context: Context,
  kept: readonly Placement[],
  { lost, day: today }: { readonly lost: ReadonlySet<number>; readonly day: Day },
): Placement[] {
  const { demand } = context;
  const { rules, time, siteGroups } = demand;
  const sessions = [...kept];
  for (const index of lost) {
    const last = sessions.at(-1);
    const group = siteGroups.find((sites) => last === undefined || sites.includes(last.site));
    const [first] = sessions;
    const ofDay = first && first.start - time.startOf(first.day);
    const from = last === undefined ? 0 : last.end + rules.minGapHours * minutesOfHour;
    const begin = Math.max(today, (last?.day ?? today - 1) + 1);
    for (let day = begin; day <= begin + daysMax; day += 1) {
      if (isWeekFull(demand, sessions, day)) continue;
      const sites = must(group, "a session is at a site of the course");
      const found = nearestOn(context, { sites, day, index, from, ofDay });
      if (found === undefined) continue;
      sessions.push(found);
      break;
    }
  }
  return sessions.slice(kept.length);
}

function isWeekFull({ rules }: Demand, sessions: readonly Placement[], day: Day): boolean {
  const ofWeek = sessions.filter((session) => weekOfDay(session.day) === weekOfDay(day)).length;
  return rules.sessionsPerWeek > 0 && ofWeek >= rules.sessionsPerWeek;
}

type OnDay = {
  readonly sites: readonly string[];
  readonly day: Day;
  readonly index: number;
  readonly from: Minute;
  /** The time of day that the patient is used to; undefined for the earliest. */
  readonly ofDay: Minute | undefined;
};

function nearestOn({ demand, availability }: Context, on: OnDay): Placement | undefined {
  const { sites, day, index, from, ofDay } = on;
  const shape = must(demand.shapes[index] ?? demand.shapes.at(-1), "a course has a shape");
  const wanted = demand.time.startOf(day) + (ofDay ?? 0);
  const starts = sites
    .flatMap((site) => startsOn(demand, { site, day, shape }).map((start) => ({ site, start })))
    .filter(({ start }) => start >= from)
    .toSorted((one, other) => Math.abs(one.start - wanted) - Math.abs(other.start - wanted));
  for (const { site, start } of starts) {
    const tried = placeSession({ demand, availability }, { site, day, start, shape });
    if ("placement" in tried) return tried.placement;
  }
  return undefined;
}
