import { now } from "@carehub/database/clock";
import type { Database } from "@carehub/database/pool";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { CourseState, StoredCourse } from "../domain/course.ts";
import type { Hub } from "../domain/hub.ts";
import { dayOfDate } from "../domain/hub-time.ts";
import { hubOfCaller, partyOfCaller } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import type { HubStore } from "../storage/hub-store.ts";
import { readHubVersion } from "../storage/hub-version-store.ts";
import type { Reads } from "../storage/reads.ts";
import { type HubUsage, readUsage } from "../storage/usage-store.ts";
import { hubNotFound, readVisibleCourse } from "./visibility.ts";

/** What the queries read from. */
export type QueryDeps = {
  readonly db: Database;
  readonly hubs: HubStore;
  readonly reads: Reads;
};

/** A page, and where the next one begins; undefined at the end. */
export type Page<Item> = { readonly items: readonly Item[]; readonly next: string | undefined };

/** A page to be read: its size, and after which item it begins. */
export type PageRequest = { readonly size: number; readonly after: string | undefined };

const usageDaysMax = 366;

/** Reads a hub's present version, or the one of that number, and the time to judge it by; any caller may. */
export async function getHub(
  { db, reads }: QueryDeps,
  name: string,
  version = 0,
): Promise<{ readonly hub: Hub; readonly now: Temporal.Instant }> {
  const hub = version === 0 ? await reads.hub(name) : await readHubVersion(db, name, version);
  if (hub === undefined || hub === "no-hub") throw hubNotFound(name);
  if (hub === "no-version") {
    const reason: CapacityReason = "HUB_VERSION_NOT_FOUND";
    throw new DomainError(reason, { name, version: String(version) });
  }
  return { hub, now: await now(db) };
}

/** Lists hubs by name; any caller may. */
export async function listHubs(
  { db, reads }: QueryDeps,
  page: PageRequest & { readonly programme: string },
): Promise<Page<Hub> & { readonly now: Temporal.Instant }> {
  const found = await reads.hubs({ ...page, size: page.size + 1 });
  const items = found.slice(0, page.size);
  const next = found.length > page.size ? items.at(-1)?.document.name : undefined;
  return { items, next, now: await now(db) };
}

/** Reads a course that the caller may know of. */
export function getCourse({ db }: QueryDeps, id: Uuid, caller: Caller): Promise<StoredCourse> {
  return readVisibleCourse(db, id, caller);
}

/** Lists the courses that the caller may know of, the newest first. */
export async function listCourses(
  { reads }: QueryDeps,
  caller: Caller,
  page: PageRequest & { readonly state: CourseState | undefined },
): Promise<Page<StoredCourse>> {
  const hub = hubOfCaller(caller);
  const sendingParty = partyOfCaller(caller);
  const after = page.after === undefined ? undefined : readPlace(page.after);
  const found = await reads.courses({
    ...(hub === undefined ? {} : { hub }),
    ...(sendingParty === undefined ? {} : { sendingParty }),
    state: page.state,
    size: page.size + 1,
    after,
  });
  const items = found.slice(0, page.size);
  const last = found.length > page.size ? items.at(-1) : undefined;
  return { items, next: last && writePlace(last) };
}

/** Sums what was booked and used of a hub, for the hub itself and operators. */
export async function getUsage(
  { db, hubs }: QueryDeps,
  caller: Caller,
  range: {
    readonly name: string;
    readonly firstDate: Temporal.PlainDate;
    readonly lastDate: Temporal.PlainDate;
  },
): Promise<HubUsage> {
  const { name, firstDate, lastDate } = range;
  const hub = await hubs.load(db, name);
  const isOwn = caller.role === "operator" || hubOfCaller(caller) === name;
  if (hub === undefined || !isOwn) throw hubNotFound(name);
  const days = { first: dayOfDate(firstDate), last: dayOfDate(lastDate) };
  if (days.last < days.first || days.last - days.first >= usageDaysMax) {
    const reason: CapacityReason = "DATE_RANGE_INVALID";
    throw new DomainError(reason, { days_max: String(usageDaysMax) });
  }
  return readUsage(db, hub, days);
}

/** The place of a course in the list, as a page token carries it. */
function writePlace({ course, createdAt }: StoredCourse): string {
  return `${createdAt.epochMilliseconds}/${course.id}`;
}

function readPlace(text: string): { readonly createdMs: number; readonly id: string } {
  const [createdMs, id = ""] = text.split("/");
  return { createdMs: Number(createdMs), id };
}
