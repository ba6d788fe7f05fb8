import { aSession, aTemplate, onDay } from "./example.builder.ts";
import {
  day,
  hours,
  inRoom,
  later,
  type Mutation,
  move,
  part,
  resource,
  set,
  shift,
  type Timed,
} from "./mutate.builder.ts";

/** What is wrong with what the certificate says of itself. */
const ofTheText: readonly Mutation[] = [
  { name: "another hash", rule: "HASH", hash: "0".repeat(64) },
  { name: "another hub", rule: "HUB", change: set("hub", "hubs/other") },
  {
    name: "another version of the hub",
    rule: "VERSION",
    change: set("capacity_version", 2),
  },
  {
    name: "another calendar",
    rule: "CALENDAR",
    change: set("calendar.version", "2019"),
  },
  { name: "another country", rule: "CALENDAR", change: set("calendar.country", "UZ") },
  { name: "an unknown template", rule: "TEMPLATE", change: set("template.id", "none") },
  { name: "an old template", rule: "TEMPLATE", change: set("template.version", 1) },
  {
    name: "an override that nobody has",
    rule: "OVERRIDE",
    change: (it) => void Object.assign(it, { override: { name: "hubs/test/overrides/none" } }),
  },
  { name: "a milder rule", rule: "RULES", change: set("rules.min_gap_hours", 6) },
  {
    name: "no limit of prolongation",
    rule: "RULES",
    change: set("rules.prolongation_days_max", null),
  },
  { name: "a member more", rule: "FORM", change: (it) => void Object.assign(it, { note: "ok" }) },
  {
    name: "a time that is none",
    rule: "FORM",
    change: set("sessions.0.start_time", "2026-02-30T04:00:00Z"),
  },
  {
    name: "other gaps than there are",
    rule: "GAP_MINUTES",
    change: set("gap_minutes.0", 1500),
  },
  { name: "a shorter course", rule: "OVERALL_DAYS", change: set("overall_days", 12) },
  {
    name: "no prolongation",
    rule: "PROLONGATION",
    change: set("prolongation_days", 0),
  },
];

/** What is wrong with its sessions. */
const ofSessions: readonly Mutation[] = [
  {
    name: "a number twice",
    rule: "SESSION_NUMBER",
    change: set("sessions.4.number", 4),
  },
  {
    name: "a session dropped",
    rule: "SESSION_NUMBER",
    change: (it) => void it.sessions.splice(5, 1),
  },
  {
    name: "too few sessions of a phase",
    rule: "PHASE",
    change: (it) => void it.sessions.splice(0, 3),
  },
  {
    name: "an unknown phase",
    rule: "PHASE",
    change: set("sessions.0.phase", "other"),
  },
  {
    name: "phases in another order",
    rule: "PHASE",
    change: set("sessions.9.phase", "main"),
  },
  {
    name: "a first session as short as the others",
    rule: "SHAPE",
    change: set("sessions.6", aSession(7, 10)),
  },
  {
    name: "no team under anaesthesia",
    rule: "SHAPE",
    change: (it) => void part(it.sessions[2]).resources.shift(),
  },
  {
    name: "a use of five minutes less",
    rule: "SHAPE",
    change: (it) => {
      const use = part(part(it.sessions[2]).resources[1]);
      use.end_time = later(use.end_time, -5);
    },
  },
  {
    name: "a use that begins later",
    rule: "SHAPE",
    change: (it) => shift(part(part(it.sessions[2]).resources[1]), 5),
  },
  {
    name: "a use of another kind",
    rule: "SHAPE",
    change: set("sessions.2.resources.0.resource", resource("ct-1")),
  },
  {
    name: "a session that ends before its last use",
    rule: "SHAPE",
    change: set("sessions.2.end_time", "2026-02-04T05:30:00Z"),
  },
  {
    name: "an unknown resource",
    rule: "RESOURCE",
    change: set("sessions.2.resources.0.resource", resource("team-9")),
  },
  { name: "another room on one day", rule: "SITE", change: inRoom("room-3", 4) },
  {
    name: "another site than the room that is used",
    rule: "SITE",
    change: set("sessions.3.site", resource("room-2")),
  },
  { name: "a start off the grid", rule: "GRID", change: move(3, 5) },
  { name: "anaesthesia after noon", rule: "ANAESTHESIA_WINDOW", change: move(1, 4 * hours) },
  { name: "a session far from its time of day", rule: "TIME_OF_DAY", change: move(3, 75) },
  { name: "a session on a Sunday", rule: "OPENING", change: move(10, day) },
  { name: "a session before a team is there", rule: "OPENING", change: move(4, -2 * hours) },
  { name: "a session in the accelerator's service", rule: "CLOSURE", change: move(7, day) },
  { name: "a session in the machine's check", rule: "MACHINE_CHECK", change: move(1, -hours) },
  {
    name: "two sessions on one day",
    rule: "SESSIONS_PER_DAY",
    change: move(8, day),
  },
  { name: "a gap of some hours", rule: "GAP_TOO_SHORT", change: move(9, -day + 3 * hours) },
  { name: "a gap of many days", rule: "GAP_TOO_LONG", change: move(1, -3 * day) },
  {
    name: "an opening for lost days without a lost day",
    rule: "OPENING",
    change: set("sessions.9.compensation", ""),
  },
  {
    name: "a lost day made up for in usual hours",
    rule: "COMPENSATION",
    change: set("sessions.4.compensation", "EXTRA_DAY"),
  },
  {
    name: "one more of a day that has no other",
    rule: "COMPENSATION",
    change: set("sessions.4.compensation", "SAME_DAY"),
  },
];

/** What is wrong with its beginning, its steps, its stays and its end. */
const ofDates: readonly Mutation[] = [
  {
    name: "a beginning before the ready date",
    rule: "START_BETWEEN",
    change: set("start_between.0", "2026-02-02"),
  },
  {
    name: "a beginning after the due date",
    rule: "START_BETWEEN",
    change: set("start_between.1", "2026-01-31"),
  },
  {
    name: "a step left out",
    rule: "PREPARATION_STEPS",
    change: (it) => void it.preparation.pop(),
  },
  {
    name: "steps in another order",
    rule: "PREPARATION_STEPS",
    change: (it) => void it.preparation.reverse(),
  },
  {
    name: "a step too late",
    rule: "PREPARATION_LEAD",
    change: (it) => shift(part(it.preparation[1]), day),
  },
  {
    name: "a step too early",
    rule: "PREPARATION_LEAD",
    change: (it) => shift(part(it.preparation[1]), -20 * day),
  },
  {
    name: "a step that is not done when the next one begins",
    rule: "PREPARATION_ORDER",
    change: (it) => shift(part(it.preparation[1]), -6 * day),
  },
  {
    name: "a step without its machine",
    rule: "SHAPE",
    change: (it) => void part(it.preparation[0]).resources.pop(),
  },
  {
    name: "a step on a closed day",
    rule: "OPENING",
    change: (it) => {
      const step = part(it.preparation[0]);
      for (const timed of [step, ...(step.resources as Timed[])]) shift(timed, day);
    },
  },
  {
    name: "a stay a day late",
    rule: "STAYS",
    change: (it) => {
      part(it.stays[1]).first_date = "2026-02-05";
      part(it.stays[1]).last_date = "2026-02-08";
    },
  },
  {
    name: "a longer stay that moves nothing",
    rule: "STAYS",
    change: set("stays.0.last_date", "2026-02-04"),
  },
  {
    name: "a stay in another pool",
    rule: "STAYS",
    change: set("stays.0.pool", "hubs/test/pools/beam"),
  },
  {
    name: "a stay of another template",
    rule: "STAYS",
    change: set("stays.1.stay", "hotel"),
  },
  { name: "no stay at all", rule: "STAYS", change: (it) => void it.stays.splice(0, 2) },
  {
    name: "a resource that the course uses twice at a time",
    rule: "SELF_OVERLAP",
    change: (it) => {
      const { resources } = part(it.sessions[2]);
      resources.push({ ...part(resources[1]) });
    },
  },
];

/** The same certificate under another document of the same version. */
const ofTheHub: readonly Mutation[] = [
  {
    name: "a closure over a part of a session",
    rule: "CLOSURE",
    hub: {
      closures: [
        {
          resources: ["team-1"],
          ...onDay(4),
          kind: 4,
          reason: "ill",
          start: "09:30",
          end: "09:45",
        },
      ],
    },
  },
  {
    name: "a closure of everything",
    rule: "CLOSURE",
    hub: { closures: [{ ...onDay(4), kind: 1, reason: "flood" }] },
  },
  { name: "another zone", rule: "CALENDAR", hub: { zone: "Asia/Tashkent" } },
  { name: "no template", rule: "TEMPLATE", hub: { templates: [] } },
  {
    name: "more sessions in a week than there may be",
    rule: "SESSIONS_PER_WEEK",
    change: set("rules.sessions_per_week", 4),
    hub: { templates: [aTemplate({ sessionsPerWeek: 4 })] },
  },
  {
    name: "a longer prolongation than there may be",
    rule: "PROLONGATION_LIMIT",
    change: set("rules.prolongation_days_max", 0),
    hub: { templates: [aTemplate({ prolongationDaysMax: 0 })] },
  },
  {
    name: "a lost day made up for where the template has no such rule",
    rule: "COMPENSATION",
    change: set("rules.compensations", []),
    hub: { templates: [aTemplate({ compensations: [] })] },
  },
];

/** All of them: each breaks the named rule. */
export const mutations: readonly Mutation[] = [
  ...ofTheText,
  ...ofSessions,
  ...ofDates,
  ...ofTheHub,
];
