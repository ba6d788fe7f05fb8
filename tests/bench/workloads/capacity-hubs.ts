import type { JsonObject } from "@bufbuild/protobuf";

/*
 * The hubs of the capacity suite. Every day is open from 8:00 to 18:00, holidays too, so that a day's number is all that
 * there is to it.
 */

/** The day numbered 0; the sandbox clock stands six days before it. */
export const firstDate = Temporal.PlainDate.from("2026-01-12");

/** What the clock of the benchmark's databases is moved to. */
export const clockAt = Temporal.Instant.from("2026-01-06T04:00:00Z");

/** 8:00 in Almaty on the day numbered 0, in minutes since 1970. */
export const firstMinute = Temporal.Instant.from("2026-01-12T03:00:00Z").epochMilliseconds / 60_000;

/** Single sessions: 40 hubs of 10 rooms are 400 resources, and 260 days of 20 half hours. */
export const sessions = {
  hubs: 40,
  firstHub: 11,
  rooms: 10,
  firstRoom: 11,
  days: 260,
  /** Of the 20 half hours of each day the odd ones are taken from the start. */
  freeSlots: 10,
} as const;

/** Whole courses: 24 hubs with two of everything. */
export const courses = { hubs: 24, firstHub: 11, perKind: 2, sessions: 30, blocks: 8 } as const;

/** One hub for what everybody wants: a room open for an hour a day, and a ward with fewer beds than its rooms have time. */
export const hot = {
  hub: "bench-hot",
  room: "room",
  ward: "ward",
  beds: 100,
  wardRooms: 10,
} as const;

/** The ids of all hubs. */
export const sessionHubs = Array.from(
  { length: sessions.hubs },
  (_, at) => `bench-${sessions.firstHub + at}`,
);
export const courseHubs = Array.from(
  { length: courses.hubs },
  (_, at) => `bench-course-${courses.firstHub + at}`,
);

/** The date of a day. */
export function dateOf(day: number): { year: number; month: number; day: number } {
  const date = firstDate.add({ days: day });
  return { year: date.year, month: date.month, day: date.day };
}

/** Every hub as a partner publishes it, in the JSON form of carehub.capacity.v1.Hub. */
export function hubDocuments(): JsonObject[] {
  return [...sessionHubs.map(sessionHub), ...courseHubs.map(courseHub), hotHub()];
}

const days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const weeklyOpenings = [
  { days: days.map((day) => `WEEKDAY_${day}`), start: "08:00", end: "18:00" },
];

function aHub(id: string, parts: JsonObject): JsonObject {
  return {
    name: `hubs/${id}`,
    zone: "Asia/Almaty",
    country: "KZ",
    worksOnPublicHolidays: true,
    validUntilTime: "2027-06-30T00:00:00Z",
    ...parts,
  };
}

function aResource(id: string, kind: string): JsonObject {
  return { id, kind: `RESOURCE_KIND_${kind}`, weeklyOpenings };
}

function use(kind: string, offsetMinutes = 0): JsonObject {
  return { kind: `RESOURCE_KIND_${kind}`, offsetMinutes, minutes: 30 };
}

function aTemplate(id: string, sessionCount: number, parts: JsonObject): JsonObject {
  return {
    id,
    version: 1,
    programme: "proton-therapy",
    phases: [{ id: "main", sessionCount, sessionCountMin: 1, sessionCountMax: 40 }],
    rules: {
      gridMinutes: 30,
      minGapHours: 12,
      maxGapHours: 96,
      sessionsPerDay: 1,
      timeOfDayWindowMinutes: 60,
      sameSite: true,
    },
    services: [{ serviceCode: "proton-fraction", basis: "SERVICE_BASIS_PER_SESSION", quantity: 1 }],
    ...parts,
  };
}

// A template for each room, so that the caller says which.
function sessionHub(id: string): JsonObject {
  const rooms = Array.from(
    { length: sessions.rooms },
    (_, at) => `room-${sessions.firstRoom + at}`,
  );
  return aHub(id, {
    resources: rooms.map((room) => aResource(room, "ROOM")),
    templates: rooms.map((room) =>
      aTemplate(room, 1, { session: { uses: [use("ROOM")], sites: [room] } }),
    ),
  });
}

// Room, team and a bay before, and a bay after.
function courseHub(id: string): JsonObject {
  const some = (name: string, kind: string, count: number) =>
    Array.from({ length: count }, (_, at) => aResource(`${name}-${at + 1}`, kind));
  return aHub(id, {
    resources: [
      ...some("room", "ROOM", courses.perKind),
      ...some("team", "ANAESTHESIA_TEAM", courses.perKind),
      // A bay is used before and another after: at any time by two courses each.
      ...some("bay", "PACU_BAY", courses.perKind * 2),
    ],
    templates: [
      aTemplate("course", courses.sessions, {
        session: {
          uses: [use("ROOM"), use("ANAESTHESIA_TEAM"), use("PACU_BAY"), use("PACU_BAY", 30)],
        },
      }),
    ],
  });
}

function hotHub(): JsonObject {
  const wardRooms = Array.from({ length: hot.wardRooms }, (_, at) => `ward-room-${at + 1}`);
  const hour = [{ days: days.map((day) => `WEEKDAY_${day}`), start: "08:00", end: "09:00" }];
  return aHub(hot.hub, {
    resources: [
      { ...aResource(hot.room, "ROOM"), weeklyOpenings: hour },
      ...wardRooms.map((room) => aResource(room, "ROOM")),
    ],
    pools: [{ id: hot.ward, kind: "POOL_KIND_BED", capacity: hot.beds }],
    templates: [
      aTemplate("room-hour", 1, {
        session: { uses: [{ ...use("ROOM"), minutes: 60 }], sites: [hot.room] },
      }),
      aTemplate("bed-day", 1, {
        session: { uses: [use("ROOM")], sites: wardRooms },
        stays: [{ id: "ward", pool: hot.ward, fromDay: 0, days: 1 }],
      }),
    ],
  });
}
