import { calendarVersion } from "@carehub/calendar/table";
import {
  CompensationRule,
  type Hub,
  type SessionRules,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { canonicalText } from "./canonical.ts";
import type { Certificate } from "./certificate.ts";
import { unless, type Violation } from "./violation.ts";

const gapHoursMax = 720;
const compensationNames: Readonly<Record<CompensationRule, string>> = {
  [CompensationRule.UNSPECIFIED]: "",
  [CompensationRule.EXTRA_DAY]: "EXTRA_DAY",
  [CompensationRule.SAME_DAY]: "SAME_DAY",
};

/** Whether the certificate speaks of this hub's document, in this version, and of the calendar known here. */
export function checkOrigin(certificate: Certificate, hub: Hub): Violation[] {
  const { capacity_version: version, calendar } = certificate;
  return [
    ...unless(certificate.hub === hub.name, "HUB", "hub", `${certificate.hub}, not ${hub.name}`),
    ...unless(
      version === hub.version,
      "VERSION",
      "capacity_version",
      `${version}, but the document is version ${hub.version}`,
    ),
    ...unless(
      calendar.country === hub.country && calendar.zone === hub.zone,
      "CALENDAR",
      "calendar",
      `${calendar.country} in ${calendar.zone}, the document says ${hub.country} in ${hub.zone}`,
    ),
    ...unless(
      calendar.version === calendarVersion,
      "CALENDAR",
      "calendar.version",
      `counted on ${calendar.version}; only ${calendarVersion} is known here`,
    ),
  ];
}

/** Whether the rules that the certificate states are those of its template. */
export function checkRules({ rules: stated }: Certificate, rules: SessionRules): Violation[] {
  const wanted: Readonly<Record<string, unknown>> = statedRulesOf(rules);
  return Object.entries(stated).flatMap(([key, value]) =>
    unless(
      canonicalText(value) === canonicalText(wanted[key]),
      "RULES",
      `rules.${key}`,
      `${canonicalText(value)}, the template says ${canonicalText(wanted[key])}`,
    ),
  );
}

function statedRulesOf(rules: SessionRules): Certificate["rules"] {
  const window = rules.anaesthesiaWindow;
  return {
    grid_minutes: rules.gridMinutes,
    min_gap_hours: rules.minGapHours,
    max_gap_hours: maxGapHoursOf(rules),
    sessions_per_day: rules.sessionsPerDay,
    sessions_per_week: rules.sessionsPerWeek,
    time_of_day_window_minutes: rules.timeOfDayWindowMinutes,
    same_site: rules.sameSite,
    same_day_gap_hours: rules.sameDayGapHours,
    prolongation_days_max: rules.prolongationDaysMax ?? null,
    interruption_category: rules.interruptionCategory,
    compensations: rules.compensations.map((rule) => compensationNames[rule] ?? "").toSorted(),
    anaesthesia_window: window === undefined ? null : [window.start, window.end],
  };
}

/** The most hours from the end of a session to the start of the next; 0 in the document is 30 days. */
export function maxGapHoursOf({ maxGapHours }: SessionRules): number {
  return maxGapHours === 0 ? gapHoursMax : maxGapHours;
}
