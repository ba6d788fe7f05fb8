/*
 * Takes over what a hub's own systems have booked. The table of imports keeps what they say, whatever else stands there;
 * time, beds and beam are kept for it as far as courses and closures leave them (see storage/external-keep.ts), and what they
 * do not leave is answered and told as a conflict.
 *
 * Why a conflict goes away by itself: the time that a course gives back is kept for the imported booking in the same
 * commit, before anybody else can hold it, because the patient of the hub is really booked there.
 */
import { responseOf } from "@carehub/database/change";
import { now } from "@carehub/database/clock";
import type { Tx } from "@carehub/database/pool";
import { transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import { bucketsAt, type PoolUse } from "../domain/availability.ts";
import type { TimedHub } from "../domain/demand.ts";
import {
  checkEntries,
  type EntryRefusal,
  type ExternalBooking,
  type ExternalEntry,
  isSame,
  keyOf,
  placesIn,
  poolUsesOf,
  rangeOfDates,
  spanOf,
} from "../domain/external-booking.ts";
import {
  type ExternalConflict,
  type ImportedFact,
  toConflict,
} from "../domain/external-conflict.ts";
import { instantOfMinute, minuteOfInstant } from "../domain/hub-time.ts";
import { type HubName, hubOfCaller } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { findLapsed } from "../storage/blocking-store.ts";
import { readConflicts } from "../storage/external-conflicts.ts";
import { keepExternalPlaces, keepExternalTime } from "../storage/external-keep.ts";
import {
  byKey,
  namesOfPlace,
  readExternals,
  readReplaced,
  saveExternals,
} from "../storage/external-store.ts";
import { countHubEvent } from "../storage/hub-store.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { takeLapsed } from "./take-lapsed.ts";
import { hubNotFound } from "./visibility.ts";

const conflictsMax = 2000;

/** The days of which the entries are all that a system has booked. */
export type Replaced = {
  readonly source: string;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
};

/** What became of an import. */
export type Imported = ImportedFact & {
  readonly unchanged: number;
  readonly refusals: readonly EntryRefusal[];
};

/** What is imported, by which hub. */
export type ImportCommand = Command<Imported> & {
  readonly hub: HubName;
  readonly entries: readonly ExternalEntry[];
  readonly replaced: Replaced | undefined;
};

/**
 * Imports the entries, and cancels what the replaced range no longer has. Holds past their release time give way before.
 * Fails with HUB_NOT_FOUND and DATE_RANGE_INVALID; a bad entry is answered among the refusals.
 */
export async function importExternals(deps: Deps, command: ImportCommand): Promise<Uint8Array> {
  const { source, actor, respond, hub: name } = command;
  if (hubOfCaller(command.caller) !== name) throw hubNotFound(name);
  const { used } = await checkSource(deps.db, source);
  if (used !== undefined) return responseOf(used);
  await giveWay(deps, command);
  const changed = await transact<Imported>(deps.db, {
    name: "external-import",
    source,
    actor,
    work: async (tx, { now }) => {
      const hub = await deps.hubs.lock(tx, name);
      if (hub === undefined) throw hubNotFound(name);
      const imported = await importAll(tx, hub, { command, now });
      const tells = imported.imported + imported.cancelled > 0;
      const revision = tells ? await countHubEvent(tx, name) : 0;
      const event = { revision, occurredAt: now };
      const events = tells ? [deps.publish.externalsImported(name, imported, event)] : [];
      return {
        state: imported,
        aggregates: tells ? [{ aggregate: name, revision: revision - 1, events }] : [],
        response: respond(imported),
      };
    },
  });
  return responseOf(changed);
}

type At = { readonly command: ImportCommand; readonly now: Temporal.Instant };

async function importAll(tx: Tx, hub: TimedHub, { command, now }: At): Promise<Imported> {
  const { name } = hub.document;
  const { accepted, refusals } = checkEntries(command.entries, { ...hub, now });
  const before = byKey(await readExternals(tx, name, accepted));
  const replaced = await readGone(tx, hub, command);
  // What is cancelled keeps the place that it was known by.
  const entries = [
    ...accepted.map((entry) =>
      entry.status === "BOOKED" ? entry : { ...entry, place: before.get(keyOf(entry))?.place },
    ),
    ...replaced.map((entry): ExternalBooking => ({ ...entry, status: "CANCELLED" })),
  ];
  for (const entry of replaced) before.set(keyOf(entry), entry);
  const changed = changedOf(entries, before);
  // What did not change is derived anew all the same: whoever forgot it would be found out here.
  const touched = [...entries, ...changed.flatMap((entry) => before.get(keyOf(entry)) ?? [])];
  await lockAll(
    tx,
    touched.flatMap(({ place }) => (place === undefined ? [] : namesOfPlace(place))),
  );
  await saveExternals(tx, name, { changed, time: hub.time });
  await keepTouched(tx, hub, { touched, now });
  const conflicts = await conflictsOfEntries(tx, hub, { bookings: accepted, now });
  const frees = changed.some((entry) => before.get(keyOf(entry))?.status === "BOOKED");
  if (frees) await markWaitingList(tx, name);
  const count = (status: ExternalBooking["status"]) =>
    changed.filter((entry) => entry.status === status).length;
  return {
    imported: count("BOOKED"),
    cancelled: count("CANCELLED"),
    unchanged: entries.length - changed.length,
    refusals,
    conflicts: conflicts.slice(0, conflictsMax),
    conflictCount: conflicts.length,
  };
}

/** What bookings of a hub meet, in their order. */
export async function conflictsOfEntries(
  db: Pick<Tx, "run">,
  hub: TimedHub,
  {
    bookings,
    now,
  }: { readonly bookings: readonly ExternalBooking[]; readonly now: Temporal.Instant },
): Promise<ExternalConflict[]> {
  const { document, time } = hub;
  const spans = bookings.flatMap(({ place, status }) =>
    place === undefined || status !== "BOOKED" ? [] : [spanOf(place, time)],
  );
  const [first] = spans;
  if (first === undefined) return [];
  const whole = spans.reduce(
    ({ start, end }, span) => ({
      start: Math.min(start, span.start),
      end: Math.max(end, span.end),
    }),
    first,
  );
  const range = {
    hub: document.name,
    from: instantOfMinute(whole.start),
    to: instantOfMinute(whole.end),
    first: bucketsAt(minuteOfInstant(now), time),
  };
  const rows = await readConflicts(db, range, bookings);
  return rows.map((row) => toConflict(row, time));
}

async function readGone(
  tx: Tx,
  { document, time }: TimedHub,
  { entries, replaced }: ImportCommand,
) {
  if (replaced === undefined) return [];
  const { source, firstDate, lastDate } = replaced;
  const range = rangeOfDates(firstDate, lastDate, time);
  if (range === undefined) throw rangeInvalid();
  // An entry that was refused is booked there all the same.
  const except = entries.filter((entry) => entry.source === source).map(({ sourceId }) => sourceId);
  return readReplaced(tx, document.name, { source, ...range, except });
}

async function keepTouched(
  tx: Tx,
  { document, time }: TimedHub,
  {
    touched,
    now,
  }: { readonly touched: readonly ExternalBooking[]; readonly now: Temporal.Instant },
): Promise<void> {
  const minute = minuteOfInstant(now);
  const first = bucketsAt(minute, time);
  const places = touched.flatMap(({ place }) => (place === undefined ? [] : [place]));
  const areas = places.flatMap((place) => {
    if (place.kind !== "TIME" || place.end <= minute) return [];
    const { resource, start, end } = place;
    return [{ resource, start, end }];
  });
  await keepExternalTime(tx, document.name, areas);
  const cells = new Map<string, { pool: string; bucket: number; capacity: number }>();
  for (const { pool, bucket } of places.flatMap((place) => poolUsesOf(place, first))) {
    cells.set(`${pool} ${bucket}`, { pool, bucket, capacity: placesIn(document, pool, bucket) });
  }
  await keepExternalPlaces(tx, document.name, [...cells.values()]);
}

// In transactions of their own, as a course takes them.
async function giveWay(deps: Deps, { hub: name, entries }: ImportCommand): Promise<void> {
  const hub = await deps.hubs.load(deps.db, name);
  if (hub === undefined) return;
  const at = await now(deps.db);
  const { accepted } = checkEntries(entries, { ...hub, now: at });
  const known = byKey(await readExternals(deps.db, name, accepted));
  const first = bucketsAt(minuteOfInstant(at), hub.time);
  // What is known as it is has what it could get.
  const places = changedOf(accepted, known).flatMap(({ place }) => place ?? []);
  const uses = places.flatMap((place) => (place.kind === "TIME" ? [place] : []));
  const poolUses = summed(places.flatMap((place) => poolUsesOf(place, first)));
  const inTheWay = await findLapsed(
    deps.db,
    uses,
    poolUses.map((use) => ({ ...use, reserve: 0 })),
  );
  for (const course of inTheWay) await takeLapsed(deps, course);
}

function changedOf(
  entries: readonly ExternalBooking[],
  known: ReadonlyMap<string, ExternalBooking>,
): ExternalBooking[] {
  return entries.filter((entry) => {
    const before = known.get(keyOf(entry));
    return before === undefined || !isSame(before, entry);
  });
}

function summed(uses: readonly PoolUse[]): PoolUse[] {
  const sums = new Map<string, PoolUse>();
  for (const use of uses) {
    const key = `${use.pool} ${use.bucket}`;
    sums.set(key, { ...use, amount: use.amount + (sums.get(key)?.amount ?? 0) });
  }
  return [...sums.values()];
}

/** The refusal of a range of days that is reversed or too long. */
export function rangeInvalid(): DomainError {
  const reason: CapacityReason = "DATE_RANGE_INVALID";
  return new DomainError(reason, { days_max: "400" });
}
