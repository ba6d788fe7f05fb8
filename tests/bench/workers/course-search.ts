import { setImmediate } from "node:timers/promises";
import { searchHubs } from "@carehub/capacity/app/find-courses";
import type { IndexedHub } from "@carehub/capacity/app/search-index";
import { warmIndex } from "@carehub/capacity/app/search-index-warm";
import { createSearch } from "@carehub/capacity/domain/course-search";
import { createDemand, type TimedHub } from "@carehub/capacity/domain/demand";
import { createHubTime, dayOfDate } from "@carehub/capacity/domain/hub-time";
import { tryCourses } from "@carehub/capacity/domain/planner";
import { createHubIndex, type HubTaken } from "@carehub/capacity/domain/search-index";
import { must } from "@carehub/rules/fault";
import { answerCommands } from "../instruments/commands.ts";
import { type LatencySummary, makeLatency } from "../instruments/latency.ts";
import { clockAt, firstDate } from "../workloads/capacity-hubs.ts";
import {
  type SearchWish,
  searchDate,
  searched,
  searchedHub,
  searchWishes,
} from "../workloads/search-hubs.ts";
import { openSlots, type SlotAnswer, type Slots } from "./search-slots.ts";

/** How the hubs are, as they were made and read. */
export type SearchStage = {
  readonly rows: number;
  /** The share of the rooms' half hours that is taken in the sixty days. */
  readonly roomShare: number;
  readonly teamShare: number;
  readonly indexMs: number;
};

/** What a loop of searches did. */
export type SearchRun = {
  readonly searches: number;
  readonly found: number;
  readonly latency: LatencySummary;
};

/** How answers compare with those of others. */
export type SearchCheck = {
  readonly searches: number;
  readonly courses: number;
  /** Searches whose courses are, session by session, those of the planner without an index. */
  readonly asPlanner: number;
  /** Searches whose first sessions are those of the query. */
  readonly asQuery: number;
};

/** What it takes to bring a change of one course in, and to search right after. */
export type RefreshRun = { readonly refresh: LatencySummary; readonly searchAfter: LatencySummary };

const limit = 3;
const firstDay = dayOfDate(firstDate);
const openMinute = 480;
const slotMinutes = 30;

const indexes = new Map<string, IndexedHub>();
const takenByHub: HubTaken[] = [];
let slots: Slots | undefined;

function toMinute(hub: TimedHub, day: number, slot: number): number {
  return hub.time.startOf(firstDay + day) + openMinute + slot * slotMinutes;
}

const made = Array.from({ length: searched.hubs }, (_, number) => searchedHub(number));

async function prepare(databaseUrl: string): Promise<SearchStage> {
  slots = await openSlots(databaseUrl, made);
  let indexMs = 0;
  for (const { document, taken } of made) {
    const time = createHubTime(document);
    const hub = { document, version: 1, createdAt: clockAt, updatedAt: clockAt, time };
    const spans = taken.map(({ course, kind, resource, day, slot }) => {
      const start = toMinute(hub, day, slot);
      return { course, kind, resource: `${kind}-${resource}`, start, end: start + slotMinutes };
    });
    const uses = spans
      .filter(({ kind }) => kind === "room")
      .map(({ course, start }) => ({ course, pool: "beam", bucket: start / slotMinutes }));
    const buckets = [...Map.groupBy(uses, ({ bucket }) => bucket)].map(([bucket, list]) => {
      const used = list.length * searched.plannedBeamMinutes;
      return { pool: "beam", bucket, used, uncertain: 0, presences: [] };
    });
    const byCourse = Map.groupBy(spans, ({ course }) => course);
    const ofHub = { spans: byCourse, poolUses: Map.groupBy(uses, ({ course }) => course), buckets };
    takenByHub.push(ofHub);
    const from = performance.now();
    const indexed = { index: createHubIndex(hub, ofHub), plans: new Map() };
    await warmIndex(indexed, clockAt);
    indexMs += performance.now() - from;
    indexes.set(document.name, indexed);
  }
  const share = (kind: string, count: number) => {
    const all = made.flatMap(({ taken }) => taken);
    const inTime = all.filter((one) => one.kind === kind && one.day < searched.days);
    return inTime.length / (searched.hubs * count * searched.days * searched.slots);
  };
  return {
    rows: made.reduce((sum, { taken }) => sum + taken.length, 0),
    roomShare: share("room", searched.rooms),
    teamShare: share("team", searched.teams),
    indexMs,
  };
}

function search({ sessions, readyDay, dueDay }: SearchWish) {
  const plan = {
    phases: [{ phase: "main", sessionCount: sessions }],
    stays: [],
    readyDate: searchDate(readyDay),
    dueDate: searchDate(dueDay),
    underAnaesthesia: true,
  };
  const query = {
    programme: "proton-therapy",
    templates: [],
    hubs: [],
    priority: "ROUTINE",
  } as const;
  const at = { at: clockAt, remainingMs: 10_000 };
  return searchHubs(indexes, { ...query, plan, limit }, at).courses;
}

async function run({ seconds, seed }: { seconds: number; seed: number }): Promise<SearchRun> {
  const latency = makeLatency();
  let searches = 0;
  let found = 0;
  const until = performance.now() + seconds * 1_000;
  for (const wish of searchWishes(seed)) {
    const from = performance.now();
    if (from >= until) break;
    found += search(wish).length;
    latency.add(performance.now() - from);
    searches += 1;
    // Between two calls a service reads its sockets.
    if (searches % 16 === 0) await setImmediate();
  }
  return { searches, found, latency: latency.summary() };
}

async function query({ seconds, seed }: { seconds: number; seed: number }): Promise<SearchRun> {
  const latency = makeLatency();
  let searches = 0;
  let found = 0;
  const until = performance.now() + seconds * 1_000;
  for (const wish of searchWishes(seed)) {
    const from = performance.now();
    if (from >= until) break;
    found += (await must(slots, "it is prepared").find(wish, limit)).length;
    latency.add(performance.now() - from);
    searches += 1;
  }
  return { searches, found, latency: latency.summary() };
}

async function check({ count, seed }: { count: number; seed: number }): Promise<SearchCheck> {
  let searches = 0;
  let courses = 0;
  let asPlanner = 0;
  let asQuery = 0;
  for (const wish of searchWishes(seed)) {
    if (searches === count) break;
    searches += 1;
    const ours = search(wish).map(({ hub, sessions }) => ({
      hub,
      sessions: sessions.map(({ start, uses }) => [start, ...uses.map(({ resource }) => resource)]),
    }));
    courses += ours.length;
    if (JSON.stringify(ours) === JSON.stringify(byPlanner(wish))) asPlanner += 1;
    const byQuery = await must(slots, "it is prepared").find(wish, limit);
    const firsts = byQuery.map(([day, slot, hub, room]) => firstOf([day, slot, hub, room]));
    const own = ours.map(({ hub, sessions: [first] }) => `${hub} ${first?.[0]} ${siteOf(first)}`);
    if (JSON.stringify(own) === JSON.stringify(firsts)) asQuery += 1;
  }
  return { searches, courses, asPlanner, asQuery };
}

function firstOf([day, slot, at, room]: SlotAnswer): string {
  const { document } = must(made[at], "the table has the same hubs");
  const { index } = must(indexes.get(document.name), "every hub has an index");
  return `${document.name} ${toMinute(index.hub, day, slot)} room-${room}`;
}

function siteOf(session: readonly unknown[] | undefined): string {
  const names = (session ?? []).map(String);
  return (
    names
      .find((name) => name.includes("/room-"))
      ?.split("/")
      .at(-1) ?? ""
  );
}

// Every hub by the planner alone, which finds out by itself what is free.
function byPlanner({ sessions, readyDay, dueDay }: SearchWish) {
  const all = [...indexes].flatMap(([hub, { index }]) => {
    const plan = {
      template: `${hub}/templates/proton`,
      phases: [{ phase: "main", sessionCount: sessions }],
      stays: [],
      readyDate: searchDate(readyDay),
      dueDate: searchDate(dueDay),
      underAnaesthesia: true,
    };
    const demand = createDemand(index.hub, plan, clockAt);
    const context = { demand, availability: index.availability() };
    const found: { hub: string; start: number; site: string; place: () => unknown[] }[] = [];
    for (const tried of tryCourses(context, createSearch(context))) {
      if (!("place" in tried)) continue;
      const { start, site } = tried.placement;
      if (found.length >= limit && start > (found[limit - 1]?.start ?? start)) break;
      const place = () =>
        tried
          .place()
          .sessions.map((session) => [
            session.start,
            ...session.uses.map(({ resource }) => `${hub}/resources/${resource}`),
          ]);
      found.push({ hub, start, site, place });
    }
    return found;
  });
  return all
    .toSorted(
      (one, other) =>
        one.start - other.start ||
        (one.hub === other.hub ? (one.site < other.site ? -1 : 1) : one.hub < other.hub ? -1 : 1),
    )
    .slice(0, limit)
    .map(({ hub, place }) => ({ hub, sessions: place() }));
}

// A course is given back, or taken again, and the index told; then comes the next search.
async function refresh({ count, seed }: { count: number; seed: number }): Promise<RefreshRun> {
  const refreshed = makeLatency();
  const after = makeLatency();
  const names = [...indexes.keys()];
  const wishes = searchWishes(seed);
  for (let at = 0; at < count; at += 1) {
    const { index } = must(indexes.get(must(names[at % names.length], "a hub")), "its index");
    const taken = must(takenByHub[at % names.length], "what is taken of it");
    const courses = [...taken.spans.keys()];
    const course = must(courses[(at * 7_919) % courses.length], "one of its courses");
    const isTaken = index.bucketsOf(course).length > 0;
    const uses = taken.poolUses.get(course) ?? [];
    const used = index.availability().used.get("beam");
    const change = isTaken ? -searched.plannedBeamMinutes : searched.plannedBeamMinutes;
    const now: HubTaken = {
      spans: isTaken ? new Map() : new Map([[course, taken.spans.get(course) ?? []]]),
      poolUses: isTaken ? new Map() : new Map([[course, uses]]),
      buckets: uses.map(({ pool, bucket }) => {
        return {
          pool,
          bucket,
          used: (used?.get(bucket) ?? 0) + change,
          uncertain: 0,
          presences: [],
        };
      }),
    };
    const from = performance.now();
    index.apply([course], now);
    refreshed.add(performance.now() - from);
    const begun = performance.now();
    search(must(wishes.next().value ?? undefined, "there is always another wish"));
    after.add(performance.now() - begun);
    await setImmediate();
  }
  return { refresh: refreshed.summary(), searchAfter: after.summary() };
}

const commands = { prepare, run, query, check, refresh };

/** What the workload tells this worker. */
export type SearchCommands = typeof commands;

answerCommands(commands);
