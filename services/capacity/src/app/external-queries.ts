import { now } from "@carehub/database/clock";
import type { Caller } from "@carehub/rules/caller";
import { bucketsAt } from "../domain/availability.ts";
import { keyOf, rangeOfDates, spanOf } from "../domain/external-booking.ts";
import type { ExternalConflict } from "../domain/external-conflict.ts";
import { instantOfMinute, minuteOfInstant } from "../domain/hub-time.ts";
import { hubOfCaller } from "../domain/names.ts";
import { readConflicting } from "../storage/external-conflicts.ts";
import { listExternals, type StoredExternal } from "../storage/external-store.ts";
import { conflictsOfEntries, rangeInvalid } from "./external-import.ts";
import type { Page, PageRequest, QueryDeps } from "./queries.ts";
import { hubNotFound } from "./visibility.ts";

/** An imported booking with what it meets. */
export type ListedExternal = StoredExternal & { readonly conflicts: readonly ExternalConflict[] };

/** Which of a hub's imported bookings are listed. */
export type ExternalFilter = {
  readonly hub: string;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly onlyConflicts: boolean;
};

// No booking is longer, so with them around a day all that needs its beds is there.
const entryHoursMax = 31 * 24;

/** Lists what was imported of a hub, for the hub itself and operators. */
export async function listExternalBookings(
  { db, hubs }: QueryDeps,
  caller: Caller,
  { hub: name, firstDate, lastDate, onlyConflicts, ...page }: ExternalFilter & PageRequest,
): Promise<Page<ListedExternal>> {
  const hub = await hubs.load(db, name);
  const isOwn = caller.role === "operator" || hubOfCaller(caller) === name;
  if (hub === undefined || !isOwn) throw hubNotFound(name);
  const { time } = hub;
  const range = rangeOfDates(firstDate, lastDate, time);
  if (range === undefined) throw rangeInvalid();
  const at = await now(db);
  const around = {
    hub: name,
    from: range.from.subtract({ hours: entryHoursMax }),
    to: range.to.add({ hours: entryHoursMax }),
    first: bucketsAt(minuteOfInstant(at), time),
  };
  const only = onlyConflicts ? await readConflicting(db, around) : undefined;
  const after = page.after === undefined ? undefined : readPlace(page.after);
  const found = await listExternals(db, name, { ...range, only, after, size: page.size + 1 });
  const bookings = found.slice(0, page.size);
  const conflicts = Map.groupBy(
    await conflictsOfEntries(db, hub, { bookings, now: at }),
    (conflict) => keyOf(conflict),
  );
  const last = found.length > page.size ? bookings.at(-1) : undefined;
  return {
    items: bookings.map((each) => ({ ...each, conflicts: conflicts.get(keyOf(each)) ?? [] })),
    next: last && writePlace(last, time),
  };
}

function writePlace(
  { source, sourceId, place }: StoredExternal,
  time: Parameters<typeof spanOf>[1],
): string | undefined {
  if (place === undefined) return undefined;
  const { start } = spanOf(place, time);
  return [instantOfMinute(start).epochMilliseconds, source, sourceId].join(" ");
}

function readPlace(text: string) {
  const [startMs, source = "", sourceId = ""] = text.split(" ");
  return { startMs: Number(startMs), source, sourceId };
}
