import type { CoursePlan, TimedHub } from "./demand.ts";
import type { CourseTemplate, HubDocument, Resource, ResourceKind, SessionRules } from "./hub.ts";
import { createHubTime } from "./hub-time.ts";
import { parseHubName } from "./names.ts";

/** A day on which nothing special happens: Monday, 2 February 2026. */
export const monday = Temporal.PlainDate.from("2026-02-02");

/** Before all dates of these tests. */
export const testNow = Temporal.Instant.from("2026-01-05T04:00:00Z");

/** Open from 8 to 18 on weekdays. */
export function aResource(
  id: string,
  kind: ResourceKind,
  hours = { start: 480, end: 1080 },
): Resource {
  return { id, kind, weeklyOpenings: [{ days: [1, 2, 3, 4, 5], ...hours }] };
}

/** Daily, at one site, within an hour of the same time of day. */
export const dailyRules: SessionRules = {
  gridMinutes: 30,
  minGapHours: 12,
  maxGapHours: 96,
  sessionsPerDay: 1,
  sessionsPerWeek: 0,
  timeOfDayWindowMinutes: 60,
  sameSite: true,
};

/** An hour in a room, once. */
export function aTemplate(parts: Partial<CourseTemplate> = {}): CourseTemplate {
  return {
    id: "visit",
    version: 1,
    programme: "proton-therapy",
    phases: [{ id: "main", sessionCount: 1, sessionCountMin: 1, sessionCountMax: 40 }],
    uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: false }],
    beam: undefined,
    sites: [],
    rules: dailyRules,
    stays: [],
    services: [{ serviceCode: "proton-fraction", basis: "PER_SESSION", quantity: 1, stay: "" }],
    ...parts,
  };
}

/** Room and beam each time; a team before and a bay after under anaesthesia. */
export const protonTemplate = aTemplate({
  id: "proton",
  uses: [
    { kind: "ANAESTHESIA_TEAM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: true },
    { kind: "ROOM", offsetMinutes: 15, minutes: 30, onlyUnderAnaesthesia: false },
    { kind: "PACU_BAY", offsetMinutes: 60, minutes: 60, onlyUnderAnaesthesia: true },
  ],
  beam: { offsetMinutes: 25, minutes: 10 },
  services: [
    { serviceCode: "proton-planning", basis: "PER_COURSE", quantity: 1, stay: "" },
    { serviceCode: "proton-fraction", basis: "PER_SESSION", quantity: 1, stay: "" },
    { serviceCode: "anaesthesia-session", basis: "PER_ANAESTHESIA_SESSION", quantity: 1, stay: "" },
  ],
});

/** One operation, three days of intensive care, then five in the ward. */
export const surgeryTemplate = aTemplate({
  id: "surgery",
  programme: "heart-surgery",
  uses: [{ kind: "THEATRE", offsetMinutes: 0, minutes: 240, onlyUnderAnaesthesia: false }],
  stays: [
    { id: "intensive-care", pool: "picu", fromDay: 0, days: 3 },
    { id: "ward", pool: "ward", fromDay: 3, days: 5 },
  ],
  services: [
    { serviceCode: "heart-surgery", basis: "PER_SESSION", quantity: 1, stay: "" },
    {
      serviceCode: "intensive-care-day",
      basis: "PER_STAY_DAY",
      quantity: 1,
      stay: "intensive-care",
    },
    { serviceCode: "ward-day", basis: "PER_STAY_DAY", quantity: 1, stay: "ward" },
  ],
});

/** Two rooms that share a beam, two teams, two bays, a theatre and beds. */
export function aHubDocument(parts: Partial<HubDocument> = {}): HubDocument {
  return {
    name: parseHubName("hubs/test-hub", "name"),
    zone: "Asia/Almaty",
    country: "KZ",
    worksOnPublicHolidays: false,
    validUntilAt: Temporal.Instant.from("2026-12-31T00:00:00Z"),
    resources: [
      aResource("room-1", "ROOM"),
      aResource("room-2", "ROOM"),
      aResource("team-1", "ANAESTHESIA_TEAM", { start: 420, end: 840 }),
      aResource("team-2", "ANAESTHESIA_TEAM", { start: 420, end: 840 }),
      aResource("bay-1", "PACU_BAY", { start: 420, end: 1080 }),
      aResource("bay-2", "PACU_BAY", { start: 420, end: 1080 }),
      aResource("theatre-1", "THEATRE"),
    ],
    pools: [
      { id: "beam", kind: "BEAM", capacity: 20, serves: ["room-1", "room-2"] },
      { id: "picu", kind: "BED", capacity: 2, serves: [] },
      { id: "ward", kind: "BED", capacity: 4, serves: [] },
    ],
    exceptionalOpenings: [],
    closures: [],
    templates: [aTemplate(), protonTemplate, surgeryTemplate],
    ...parts,
  };
}

/** A published version of a document. */
export function aHub(parts: Partial<HubDocument> = {}): TimedHub {
  const document = aHubDocument(parts);
  return {
    document,
    version: 1,
    createdAt: testNow,
    updatedAt: testNow,
    time: createHubTime(document),
  };
}

/** A plan for a template of the test hub, to start on one Monday. */
export function aPlan(template: string, parts: Partial<CoursePlan> = {}): CoursePlan {
  return {
    template: `hubs/test-hub/templates/${template}`,
    phases: [],
    stays: [],
    readyDate: monday,
    dueDate: monday,
    underAnaesthesia: false,
    ...parts,
  };
}
