import { calendarVersion } from "@carehub/calendar/table";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { Demand, TimedHub } from "./demand.ts";
import type { HeldSession, HeldStay, HeldStep, HeldUse } from "./hold.ts";
import type { SessionRules } from "./hub.ts";
import { dateOfDay, instantOfMinute, type Minute, timeOfMinute } from "./hub-time.ts";

/** What is proved: a course's sessions, stays and preparation against one version of a hub. */
export type ToCertify = {
  readonly course: string;
  readonly hub: TimedHub;
  readonly demand: Demand;
  readonly sessions: readonly HeldSession[];
  readonly stays: readonly HeldStay[];
  readonly preparation?: readonly HeldStep[];
  readonly prolongationDays?: number;
  readonly overflowProbabilityPpm?: number;
  /** Of a treatment that has begun, what the rest of it follows; absent before. */
  readonly begun?: TookPlace;
  /** What is accepted beyond the template's rules; absent for nothing. */
  readonly override?: Readonly<Record<string, Json>>;
};

/** What took place of a treatment; without times where no session did. */
export type TookPlace = {
  /** How many at the head of the sessions took place, and are as they were planned. */
  readonly sessions: number;
  readonly firstStart?: Minute;
  readonly lastEnd?: Minute;
  /** The site of the last one, by its full name. */
  readonly lastSite?: string;
};

/** The canonical document of a held course: enough to check it without this service. */
export function certificateDocument(toCertify: ToCertify): string {
  const { course, hub, demand, sessions, stays, preparation = [] } = toCertify;
  const { document, version } = hub;
  const { rules, template } = demand;
  return canonicalJson({
    course,
    hub: document.name,
    capacity_version: version,
    calendar: { country: document.country, version: calendarVersion, zone: document.zone },
    template: { id: template.id, version: template.version },
    rules: toRules(rules),
    start_between: [dateOfDay(demand.readyDay).toString(), dateOfDay(demand.dueDay).toString()],
    under_anaesthesia: demand.underAnaesthesia,
    is_emergency: demand.isEmergency,
    preparation: preparation.map(({ step, start, end, uses }) => ({
      step,
      start_time: text(start),
      end_time: text(end),
      resources: uses.map(toUse),
    })),
    sessions: sessions.map(toSession),
    gap_minutes: gapsOf(sessions),
    overall_days: overallDays(demand, sessions),
    prolongation_days: toCertify.prolongationDays ?? 0,
    overflow_probability_ppm: toCertify.overflowProbabilityPpm ?? 0,
    stays: stays.map(({ stay, pool, firstDate, lastDate }) => ({
      stay,
      pool,
      first_date: firstDate.toString(),
      last_date: lastDate.toString(),
    })),
    ...(toCertify.begun === undefined ? {} : { begun: toBegun(toCertify.begun) }),
    ...(toCertify.override === undefined ? {} : { override: toCertify.override }),
  });
}

function toBegun({ sessions, firstStart, lastEnd, lastSite }: TookPlace): Json {
  return {
    sessions,
    first_start_time: firstStart === undefined ? null : text(firstStart),
    last_end_time: lastEnd === undefined ? null : text(lastEnd),
    last_site: lastSite ?? null,
  };
}

function toRules(rules: SessionRules): Json {
  const { anaesthesiaWindow: window, compensations = [] } = rules;
  return {
    grid_minutes: rules.gridMinutes,
    min_gap_hours: rules.minGapHours,
    max_gap_hours: rules.maxGapHours,
    same_day_gap_hours: rules.sameDayGapHours ?? 0,
    sessions_per_day: rules.sessionsPerDay,
    sessions_per_week: rules.sessionsPerWeek,
    time_of_day_window_minutes: rules.timeOfDayWindowMinutes,
    same_site: rules.sameSite,
    prolongation_days_max: rules.prolongationDaysMax ?? null,
    interruption_category: rules.interruptionCategory ?? 0,
    compensations: compensations.toSorted(),
    anaesthesia_window:
      window === undefined ? null : [timeOfMinute(window.start), timeOfMinute(window.end)],
  };
}

// From the first session's day to the last one's, both counted.
function overallDays({ time }: Demand, sessions: readonly HeldSession[]): number {
  const [first, last] = [sessions[0], sessions.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return time.dayOf(last.start) - time.dayOf(first.start) + 1;
}

function toSession(session: HeldSession): Json {
  const { number, phase, site, start, end, uses, compensation } = session;
  return {
    number,
    phase,
    site,
    start_time: text(start),
    end_time: text(end),
    compensation: compensation ?? "",
    resources: uses.map(toUse),
  };
}

function toUse({ resource, start, end }: HeldUse): Json {
  return { resource, start_time: text(start), end_time: text(end) };
}

// From the end of each session to the start of the next.
function gapsOf(sessions: readonly HeldSession[]): number[] {
  return sessions.slice(1).map(({ start }, index) => start - (sessions[index]?.end ?? start));
}

function text(minute: Minute): string {
  return instantOfMinute(minute).toString();
}
