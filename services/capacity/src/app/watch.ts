/**
 * Follows the published numbers for one watcher, from a place on and for as long as it stays.
 *
 * Guarantee: everything after the place that the watcher may see comes once and in order, and each thing told says how
 * far the watcher has come, so that the same place goes on anywhere: in this process, another, or after a restart. A
 * number below the last one given is never filled in later (see the event log), and whose a course is never changes.
 * Not guaranteed: when; a lost notification costs a second.
 */
import { setTimeout as delay } from "node:timers/promises";
import { readLastNumber } from "@carehub/database/event-log";
import type { PublishedWatch } from "@carehub/database/published-watch";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import type { LimitFunction } from "p-limit";
import { hubOfCaller, partyOfCaller } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import {
  type Range,
  readCourseEvents,
  readHubEvents,
  type Stretch,
  type WatchedEvent,
} from "../storage/watch-store.ts";
import { getHub, type QueryDeps } from "./queries.ts";

/** What watches work with. */
export type WatchDeps = QueryDeps & {
  readonly published: PublishedWatch;
  /** Bounds how many watchers read at once, so that those who write find connections. */
  readonly turns: LimitFunction;
};

/** Where a watcher begins, and what ends it. */
export type From = {
  /** The number after which it begins; undefined for the beginning of what is kept. */
  readonly after: bigint | undefined;
  /** Begin after the last number instead of at the beginning. */
  readonly fromNow: boolean;
  readonly signal: AbortSignal;
};

/**
 * How far a watcher has come, with the event that is told there, if one is. The first without one says that all there was
 * is told, unless much was passed over.
 */
export type Told = { readonly number: bigint; readonly event?: WatchedEvent };

const heartbeatMs = 15_000;
/** A watcher that passes over so much that is not its own hears how far it has come. */
const passedOverMax = 20_000n;
/** What is published at one moment is read at once. */
const gatherMs = 10;

/** Follows the versions of a hub; fails with HUB_NOT_FOUND, and CURSOR_INVALID for a place that is not there yet. */
export async function* watchCapacity(
  deps: WatchDeps,
  hub: string,
  from: From,
): AsyncGenerator<Told> {
  await getHub(deps, hub);
  yield* follow(deps, from, (range) => readHubEvents(deps.db, hub, range));
}

/** Follows the courses that the caller may know of, as `getCourse` has it; fails as `watchCapacity`. */
export async function* watchCourses(
  deps: WatchDeps,
  caller: Caller,
  from: From,
): AsyncGenerator<Told> {
  const of = { hub: hubOfCaller(caller), sendingParty: partyOfCaller(caller) };
  assert(of.hub !== undefined || of.sendingParty !== undefined, "hubs and ministries have courses");
  yield* follow(deps, from, (range) => readCourseEvents(deps.db, of, range));
}

async function* follow(
  deps: WatchDeps,
  from: From,
  read: (range: Range) => Promise<Stretch>,
): AsyncGenerator<Told> {
  const { published, turns } = deps;
  const { signal } = from;
  let place = await beginOf(deps, from);
  let told = { number: place, atMs: Number.NEGATIVE_INFINITY };
  let hasArrived = false;
  const mark = (number: bigint) => {
    told = { number, atMs: performance.now() };
  };
  while (!signal.aborted) {
    const { events, upTo } = await turns(() =>
      read({ after: place, last: published.lastNumber() }),
    );
    for (const event of events) {
      yield { number: event.number, event };
      mark(event.number);
    }
    place = upTo;
    const isThere = place >= published.lastNumber();
    const isSilent = performance.now() - told.atMs >= heartbeatMs;
    if ((isThere && (isSilent || !hasArrived)) || place - told.number >= passedOverMax) {
      yield { number: place };
      mark(place);
    }
    hasArrived ||= isThere;
    if (!isThere) continue;
    const timeoutMs = Math.max(0, told.atMs + heartbeatMs - performance.now());
    if (await published.waitForNumber(place, { timeoutMs, signal })) await delay(gatherMs);
  }
}

async function beginOf({ db, published }: WatchDeps, { after, fromNow }: From): Promise<bigint> {
  if (after === undefined) return fromNow ? readLastNumber(db) : 0n;
  if (after > published.lastNumber() && after > (await readLastNumber(db))) throw cursorInvalid();
  return after;
}

/** The refusal of a cursor that this service did not give, or not to this caller for this. */
export function cursorInvalid(): DomainError<CapacityReason> {
  return new DomainError("CURSOR_INVALID", { field: "cursor" });
}
