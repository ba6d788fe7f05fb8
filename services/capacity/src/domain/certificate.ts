import { calendarVersion } from "@carehub/calendar/table";
import { canonicalJson, type Json } from "./canonical-json.ts";
import type { Demand, TimedHub } from "./demand.ts";
import type { HeldSession, HeldStay } from "./hold.ts";
import { dateOfDay, instantOfMinute, type Minute } from "./hub-time.ts";

/** What is proved: a course's sessions and stays against one version of a hub. */
export type ToCertify = {
  readonly course: string;
  readonly hub: TimedHub;
  readonly demand: Demand;
  readonly sessions: readonly HeldSession[];
  readonly stays: readonly HeldStay[];
};

/** The canonical document of a held course: enough to check it without this service. */
export function certificateDocument({ course, hub, demand, sessions, stays }: ToCertify): string {
  const { document, version } = hub;
  const { rules, template } = demand;
  return canonicalJson({
    course,
    hub: document.name,
    capacity_version: version,
    calendar: { country: document.country, version: calendarVersion, zone: document.zone },
    template: { id: template.id, version: template.version },
    rules: {
      grid_minutes: rules.gridMinutes,
      min_gap_hours: rules.minGapHours,
      max_gap_hours: rules.maxGapHours,
      sessions_per_day: rules.sessionsPerDay,
      sessions_per_week: rules.sessionsPerWeek,
      time_of_day_window_minutes: rules.timeOfDayWindowMinutes,
      same_site: rules.sameSite,
    },
    start_between: [dateOfDay(demand.readyDay).toString(), dateOfDay(demand.dueDay).toString()],
    under_anaesthesia: demand.underAnaesthesia,
    sessions: sessions.map(toSession),
    gap_minutes: gapsOf(sessions),
    stays: stays.map(({ stay, pool, firstDate, lastDate }) => ({
      stay,
      pool,
      first_date: firstDate.toString(),
      last_date: lastDate.toString(),
    })),
  });
}

function toSession({ number, phase, site, start, end, uses }: HeldSession): Json {
  return {
    number,
    phase,
    site,
    start_time: text(start),
    end_time: text(end),
    resources: uses.map((use) => ({
      resource: use.resource,
      start_time: text(use.start),
      end_time: text(use.end),
    })),
  };
}

// From the end of each session to the start of the next.
function gapsOf(sessions: readonly HeldSession[]): number[] {
  return sessions.slice(1).map(({ start }, index) => start - (sessions[index]?.end ?? start));
}

function text(minute: Minute): string {
  return instantOfMinute(minute).toString();
}
