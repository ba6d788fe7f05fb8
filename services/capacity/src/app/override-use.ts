/*
 * How a course comes to use its override: it is planned on it under the locks of all that it could use, the override's row
 * locked last, and what it takes beyond the hub and that it was used are one commit.
 */
import type { Run, Tx } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import type { Course } from "../domain/course.ts";
import { courseName } from "../domain/names.ts";
import { shownState, useOverride } from "../domain/override.ts";
import type { UsableOverride } from "../domain/override-openings.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { readOverride, readOverrideOf, saveOverride } from "../storage/override-store.ts";

type Reader = { readonly run: Run };

/** For whom an override is looked up: a course of a case by its id, a hub's new patient by the override's name. */
export type Overridable = {
  readonly id: Uuid;
  readonly hub: string;
  readonly sendingParty: string | undefined;
  readonly override?: string;
};

/**
 * The override that a course to be held may use; undefined for most. One that is asked for by name must be for a new
 * patient of the hub and approved: fails with OVERRIDE_NOT_FOUND, OVERRIDE_NOT_OPEN and OVERRIDE_NOT_FITTING.
 */
export async function overrideForHold(
  db: Reader,
  { id, hub, sendingParty, override: name }: Overridable,
  { now, lock }: { readonly now: Temporal.Instant; readonly lock: boolean },
): Promise<UsableOverride | undefined> {
  if (name === undefined) {
    // A new patient of the hub has none that does not name itself.
    if (sendingParty === undefined) return undefined;
    return toUsable(await readOverrideOf(db, id, { standing: undefined, lock }));
  }
  const stored = await readOverride(db, name, { lock });
  if (stored?.override.hub !== hub) throw refusal("OVERRIDE_NOT_FOUND", { name });
  const { course } = stored.override;
  const state = shownState(stored.override, now);
  if (state !== "APPROVED") throw refusal("OVERRIDE_NOT_OPEN", { state });
  if (course !== undefined) {
    throw refusal("OVERRIDE_NOT_FITTING", { course: courseName(course) });
  }
  return toUsable(stored);
}

/** The override that a course with other times may use: an approved one, or the one that it stands on. */
export async function overrideForMove(
  tx: Reader,
  { id, hold }: Course,
): Promise<UsableOverride | undefined> {
  const standing = hold?.override;
  return toUsable(await readOverrideOf(tx, id as Uuid, { standing, lock: true }));
}

/** Marks an override as used by its course; one that it stands on already stays so. */
export async function markUsed(
  tx: Tx,
  name: string,
  { course, now }: { readonly course: Uuid; readonly now: Temporal.Instant },
): Promise<void> {
  const stored = must(await readOverride(tx, name, { lock: true }), "an override stays");
  const { state, course: user } = stored.override;
  if (state === "USED" && user === course) return;
  await saveOverride(tx, name, useOverride(stored.override, course, now));
}

function toUsable(stored: Awaited<ReturnType<typeof readOverride>>): UsableOverride | undefined {
  return stored && { name: stored.name, opens: stored.override.opens };
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
