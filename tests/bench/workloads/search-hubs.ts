import type { HubDocument, Resource } from "@carehub/capacity/domain/hub";
import { parseHubName } from "@carehub/capacity/domain/names";
import { firstDate } from "./capacity-hubs.ts";

/*
 * The hubs of the search: 50 with eight rooms each, in which nine of ten half hours of sixty days are taken by courses
 * that keep to their time of day, as real ones do. Half of them are under anaesthesia as far as the teams go.
 */

/** The size of it; every day is open from 8:00 to 18:00, a bay for an hour longer. */
export const searched = {
  hubs: 50,
  rooms: 8,
  teams: 4,
  bays: 4,
  days: 60,
  /** Courses go on past the sixty days, so that the last of them are as full. */
  daysBuilt: 100,
  slots: 20,
  /** Enough for the sessions of eight rooms that were planned, and for a new one where two rooms are free. */
  beamMinutes: 64,
  plannedBeamMinutes: 8,
  sessionBeamMinutes: 10,
} as const;

/** One taken half hour, by the course that has it; day and slot are counted from 0, resources from 1. */
export type TakenSlot = {
  readonly course: string;
  readonly kind: "room" | "team" | "bay";
  readonly resource: number;
  readonly day: number;
  readonly slot: number;
};

/** A hub with what is taken of it. */
export type SearchedHub = {
  readonly document: HubDocument;
  readonly taken: readonly TakenSlot[];
};

// The share of a room's times of day at which there is less to do, so that nine of ten half hours are taken in all.
const quietShare = 0.18;
const quietGapDaysMax = 40;
const usualGapDaysMax = 2;
const anaesthesiaShare = 0.45;

/** The same numbers for the same seed, from 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Makes the hub of that number. */
export function searchedHub(number: number): SearchedHub {
  const random = seeded(number * 7_919 + 42);
  const taken: TakenSlot[] = [];
  const busy = new Set<string>();
  const take = (slot: TakenSlot) => {
    taken.push(slot);
    busy.add(`${slot.kind} ${slot.resource} ${slot.day} ${slot.slot}`);
  };
  const freeOf = (kind: "team" | "bay", day: number, slot: number) => {
    for (let resource = 1; resource <= searched[`${kind}s`]; resource += 1) {
      if (!busy.has(`${kind} ${resource} ${day} ${slot}`)) return resource;
    }
    return undefined;
  };
  let courses = 0;
  for (let resource = 1; resource <= searched.rooms; resource += 1) {
    for (let slot = 0; slot < searched.slots; slot += 1) {
      const gapMax = random() < quietShare ? quietGapDaysMax : usualGapDaysMax;
      for (let day = -Math.floor(random() * 30); day < searched.daysBuilt; ) {
        day += Math.floor(random() * gapMax);
        const until = day + 15 + Math.floor(random() * 20);
        const isAsleep = random() < anaesthesiaShare;
        courses += 1;
        const course = courseId(number, courses);
        for (; day < until; day += 1) {
          if (day < 0) continue;
          take({ course, kind: "room", resource, day, slot });
          const team = isAsleep ? freeOf("team", day, slot) : undefined;
          const bay = isAsleep ? freeOf("bay", day, slot + 1) : undefined;
          if (team === undefined || bay === undefined) continue;
          take({ course, kind: "team", resource: team, day, slot });
          take({ course, kind: "bay", resource: bay, day, slot: slot + 1 });
        }
      }
    }
  }
  return { document: documentOf(number), taken };
}

function courseId(hub: number, course: number): string {
  const hex = (value: number, width: number) => value.toString(16).padStart(width, "0");
  return `00000000-0000-4000-8000-${hex(hub, 4)}${hex(course, 8)}`;
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];

function documentOf(number: number): HubDocument {
  const some = (kind: Resource["kind"], name: string, count: number, end = 1080): Resource[] =>
    Array.from({ length: count }, (_, at) => ({
      id: `${name}-${at + 1}`,
      kind,
      weeklyOpenings: [{ days: everyDay, start: 480, end }],
      ...(kind === "ROOM" ? { mirrorGroup: `pair-${at >> 1}` } : {}),
    }));
  const rooms = some("ROOM", "room", searched.rooms);
  const use = (kind: Resource["kind"], offsetMinutes: number) => ({
    ...{ kind, offsetMinutes, minutes: 30 },
    onlyUnderAnaesthesia: kind !== "ROOM",
  });
  return {
    name: parseHubName(`hubs/search-${String(number).padStart(2, "0")}`, "name"),
    zone: "Asia/Almaty",
    country: "KZ",
    worksOnPublicHolidays: true,
    validUntilAt: Temporal.Instant.from("2027-06-30T00:00:00Z"),
    resources: [
      ...rooms,
      ...some("ANAESTHESIA_TEAM", "team", searched.teams),
      ...some("PACU_BAY", "bay", searched.bays, 1140),
    ],
    pools: [
      {
        ...{ id: "beam", kind: "BEAM", capacity: searched.beamMinutes },
        serves: rooms.map(({ id }) => id),
      },
    ],
    exceptionalOpenings: [],
    closures: [],
    templates: [
      {
        ...{ id: "proton", version: 1, programme: "proton-therapy", sites: [], stays: [] },
        phases: [{ id: "main", sessionCount: 30, sessionCountMin: 1, sessionCountMax: 40 }],
        uses: [use("ANAESTHESIA_TEAM", 0), use("ROOM", 0), use("PACU_BAY", 30)],
        beam: { offsetMinutes: 5, minutes: searched.sessionBeamMinutes },
        rules: {
          ...{ gridMinutes: 30, minGapHours: 12, maxGapHours: 96, sessionsPerDay: 1 },
          ...{ sessionsPerWeek: 0, timeOfDayWindowMinutes: 60, sameSite: true },
        },
        services: [],
      },
    ],
  };
}

/** What is asked for, as days and sessions. */
export type SearchWish = {
  readonly sessions: number;
  readonly readyDay: number;
  readonly dueDay: number;
};

/** The searches of a run, as many as are asked for: 20 or 30 sessions, to begin within two weeks of some day. */
export function* searchWishes(seed: number): Generator<SearchWish> {
  const random = seeded(seed);
  for (;;) {
    const readyDay = Math.floor(random() * 20);
    const dueDay = readyDay + 10 + Math.floor(random() * 10);
    yield { sessions: random() < 0.5 ? 20 : 30, readyDay, dueDay };
  }
}

/** The date of a day of the search. */
export function searchDate(day: number): Temporal.PlainDate {
  return firstDate.add({ days: day });
}
