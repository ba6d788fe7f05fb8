/**
 * Keeps the index of every hub's free time in this process, and follows the published numbers with it.
 *
 * Guarantee: all that was committed with an event up to `asOf` is in the index; something later may be too. An event of
 * a course reads that course again, one of a hub all of the hub, whatever its kind. Not guaranteed: how far behind it
 * is; `lag` says, and a failing read is tried again.
 */
import { setTimeout as delay } from "node:timers/promises";
import { now } from "@carehub/database/clock";
import { readLastNumber } from "@carehub/database/event-log";
import type { PublishedWatch } from "@carehub/database/published-watch";
import type { Uuid } from "@carehub/rules/ids";
import type { HubName } from "../domain/names.ts";
import { createHubIndex, type HubIndex } from "../domain/search-index.ts";
import type { Plans } from "../domain/search-plan.ts";
import { readHubNames } from "../storage/hub-store.ts";
import {
  type Change,
  readChanges,
  readCoursesTaken,
  readHubTaken,
} from "../storage/search-store.ts";
import type { Deps } from "./capacity-app.ts";
import { warmIndex } from "./search-index-warm.ts";

/** A hub's index with what searches keep beside it. */
export type IndexedHub = { readonly index: HubIndex; readonly plans: Plans };

/** How late an index follows; both 0 where it does not. */
export type SearchLag = { readonly events: number; readonly seconds: number };

/** The indexes of all hubs. */
export type SearchIndex = {
  readonly hubs: ReadonlyMap<string, IndexedHub>;
  /** The last number that is in it. */
  readonly asOf: () => bigint;
  /** How many numbers it is behind, and for how long it has been. */
  readonly lag: () => SearchLag;
  readonly close: () => Promise<void>;
};

/** What the index works with. */
export type IndexDeps = Pick<Deps, "db" | "hubs"> & {
  readonly published: PublishedWatch;
  readonly onFailed: (error: unknown) => void;
};

const changesMax = 500;
const waitMs = 5_000;
const retryMs = 1_000;

/** Reads everything once, and goes on from there. */
export async function startSearchIndex(deps: IndexDeps): Promise<SearchIndex> {
  const { db, published } = deps;
  const hubs = new Map<string, IndexedHub>();
  const hubByCourse = new Map<string, string>();
  const state = { deps, hubs, hubByCourse };
  // Before the rows: what is committed in between is read twice, never missed.
  let number = await readLastNumber(db);
  for (const name of await readHubNames(db)) await readHub(state, name);
  let behindSinceMs: number | undefined;
  const closing = new AbortController();
  const { signal } = closing;
  const follow = async () => {
    while (!signal.aborted) {
      const isNews = await published.waitForNumber(number, { timeoutMs: waitMs, signal });
      if (!isNews) continue;
      behindSinceMs ??= performance.now();
      try {
        const changes = await readChanges(db, number, changesMax);
        await takeIn(state, changes);
        number = changes.at(-1)?.number ?? number;
        if (number >= published.lastNumber()) behindSinceMs = undefined;
      } catch (error) {
        deps.onFailed(error);
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const following = follow();
  return {
    hubs,
    asOf: () => number,
    lag: () => {
      const events = Math.max(0, Number(published.lastNumber() - number));
      const sinceMs = behindSinceMs ?? performance.now();
      return { events, seconds: events === 0 ? 0 : (performance.now() - sinceMs) / 1_000 };
    },
    close: async () => {
      closing.abort();
      await following;
    },
  };
}

type State = {
  readonly deps: IndexDeps;
  readonly hubs: Map<string, IndexedHub>;
  readonly hubByCourse: Map<string, string>;
};

async function takeIn(state: State, changes: readonly Change[]): Promise<void> {
  const names = new Set(changes.map(({ aggregate }) => aggregate));
  for (const name of names) if (name.startsWith("hubs/")) await readHub(state, name);
  const courses = [...names]
    .filter((name) => name.startsWith("courses/"))
    .map((name) => name.slice("courses/".length) as Uuid);
  if (courses.length > 0) await readCourses(state, courses);
}

async function readHub({ deps, hubs, hubByCourse }: State, name: string): Promise<void> {
  const { db } = deps;
  const hub = await deps.hubs.load(db, name);
  if (hub === undefined) return;
  const at = await now(db);
  const index = createHubIndex(hub, await readHubTaken(db, hub, at));
  const indexed: IndexedHub = { index, plans: new Map() };
  await warmIndex(indexed, at);
  hubs.set(name, indexed);
  for (const course of index.courses()) hubByCourse.set(course, name);
}

async function readCourses(
  { deps, hubs, hubByCourse }: State,
  courses: readonly Uuid[],
): Promise<void> {
  const known = new Map<string, { pool: string; bucket: number }[]>();
  for (const course of courses) {
    const hub = hubByCourse.get(course);
    const indexed = hub === undefined ? undefined : hubs.get(hub);
    if (hub === undefined || indexed === undefined) continue;
    known.set(hub, [...(known.get(hub) ?? []), ...indexed.index.bucketsOf(course)]);
  }
  const taken = await readCoursesTaken(deps.db, courses, known);
  for (const [hub, ofHub] of taken) {
    const index = hubs.get(hub)?.index;
    if (index === undefined) continue;
    const mine = courses.filter(
      (course) =>
        hubByCourse.get(course) === hub || ofHub.spans.has(course) || ofHub.poolUses.has(course),
    );
    index.apply(mine, ofHub);
    for (const course of mine) {
      const isGone = !ofHub.spans.has(course) && !ofHub.poolUses.has(course);
      if (isGone) hubByCourse.delete(course);
      else hubByCourse.set(course, hub);
    }
  }
}

/** The part of a hub's name that a plan's template begins with. */
export function templateName(hub: HubName, template: string): string {
  return `${hub}/templates/${template}`;
}
