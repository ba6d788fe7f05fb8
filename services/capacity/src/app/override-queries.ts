import { now } from "@carehub/database/clock";
import type { Caller } from "@carehub/rules/caller";
import { invalidField } from "@carehub/rules/ids";
import { hubOfCaller, partyOfCaller } from "../domain/names.ts";
import type { StoredOverride } from "../domain/override.ts";
import { readCourse } from "../storage/course-store.ts";
import {
  countOverrides,
  type OverrideCount,
  type OverridePeriod,
  readOverride,
  readOverrides,
} from "../storage/override-store.ts";
import type { Deps } from "./capacity-app.ts";
import { overrideNotFound } from "./override-commands.ts";
import type { Page, PageRequest } from "./queries.ts";
import { hubNotFound } from "./visibility.ts";

/** An override as a caller may see it, and the time to judge it by. */
export type SeenOverride = {
  readonly stored: StoredOverride;
  readonly now: Temporal.Instant;
  /** Persons are their hub's affair. */
  readonly withPersons: boolean;
};

/** Reads an override of the caller's hub, or that a course of the caller's referrals used; else OVERRIDE_NOT_FOUND. */
export async function getOverride(
  { db }: Pick<Deps, "db">,
  name: string,
  caller: Caller,
): Promise<SeenOverride> {
  const stored = await readOverride(db, name);
  if (stored === undefined) throw overrideNotFound(name);
  const { hub, course, state } = stored.override;
  const isOwn = hub === hubOfCaller(caller);
  if (!isOwn) {
    const party = partyOfCaller(caller);
    const known = state === "USED" && course ? await readCourse(db, course) : undefined;
    const isOfParty = party !== undefined && known?.course.sendingParty === party;
    if (!isOfParty) throw overrideNotFound(name);
  }
  return { stored, now: await now(db), withPersons: isOwn };
}

/** The report of a hub: a page of what was proposed in the period, and counts of all of it. */
export async function listOverrides(
  { db }: Pick<Deps, "db">,
  { from, to, size, after }: PageRequest & Pick<OverridePeriod, "from" | "to">,
  caller: Caller,
): Promise<
  Page<StoredOverride> & { readonly counts: readonly OverrideCount[]; now: Temporal.Instant }
> {
  const hub = hubOfCaller(caller);
  if (hub === undefined) throw hubNotFound(caller.name);
  if (from !== undefined && to !== undefined && Temporal.Instant.compare(from, to) >= 0) {
    throw invalidField("end_time", "is not after the start");
  }
  const period = { hub, from, to };
  const found = await readOverrides(db, period, { after, limit: size + 1 });
  const items = found.slice(0, size);
  const next = found.length > size ? items.at(-1)?.name : undefined;
  return { items, next, counts: await countOverrides(db, period), now: await now(db) };
}
