import { randomUUID } from "node:crypto";
import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { type AggregateOutcome, transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { type Course, keepsCapacity } from "../domain/course.ts";
import { courseName, hubOfCaller } from "../domain/names.ts";
import {
  approveOverride as decideApproval,
  proposeOverride as decideProposal,
  withdrawOverride as decideWithdrawal,
  type Override,
  type StoredOverride,
  type ToPropose,
} from "../domain/override.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { lockCourse } from "../storage/course-store.ts";
import { countHubEvent } from "../storage/hub-store.ts";
import {
  insertOverride,
  readOpenOverride,
  readOverride,
  saveOverride,
} from "../storage/override-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { checkEtag, courseNotFound, hubNotFound, readVisibleCourse } from "./visibility.ts";

/** Proposes an override; nothing is open yet. Fails as `proposeOverride` does, and with OVERRIDE_STANDS. */
export async function proposeOverride(
  deps: Deps,
  { hub: name, ...toPropose }: ToPropose & { readonly hub: string },
  command: Command<StoredOverride>,
): Promise<Uint8Array> {
  const { caller, source, actor, respond } = command;
  if (hubOfCaller(caller) !== name) throw hubNotFound(name);
  const { course: id } = toPropose;
  if (id !== undefined) await readVisibleCourse(deps.db, id, caller);
  const changed = await transact<StoredOverride>(deps.db, {
    name: "override-propose",
    ...{ source, actor },
    work: async (tx, { now }) => {
      const course = id === undefined ? undefined : await lockFree(tx, id);
      const hub = await deps.hubs.load(tx, name);
      if (hub === undefined) throw hubNotFound(name);
      const override = decideProposal(toPropose, { hub, actor, now, ...(course && { course }) });
      const stored = await insertOverride(tx, `${name}/overrides/${randomUUID()}`, override);
      return { state: stored, aggregates: [], response: respond(stored) };
    },
  });
  return responseOf(changed);
}

// One a course at a time, so that its certificate names all that was opened for it.
async function lockFree(tx: Tx, id: Uuid): Promise<Course> {
  const found = await lockCourse(tx, id);
  if (found === undefined) throw courseNotFound(courseName(id));
  const { course } = found;
  const standing = keepsCapacity(course) ? course.hold?.override : undefined;
  const override = standing ?? (await readOpenOverride(tx, id));
  if (override !== undefined) throw refusal("OVERRIDE_STANDS", { override });
  return course;
}

/** A hub's command on an override of its own; the etag is empty where it does not matter. */
export type OverrideCommand = Command<StoredOverride> & {
  readonly name: string;
  readonly etag: string;
};

/** Approves an override, and tells it; a course that waits is tried with it. Fails as `approveOverride` does. */
export function approveOverride(deps: Deps, command: OverrideCommand): Promise<Uint8Array> {
  const { actor, name } = command;
  return changeOverride(deps, command, async (tx, override, now) => {
    const approved = decideApproval(override, { actor, now });
    const revision = await countHubEvent(tx, approved.hub);
    const event = deps.publish.overrideApproved(name, approved, { revision, occurredAt: now });
    const told = { aggregate: approved.hub, revision: revision - 1, events: [event] };
    const stored = await saveOverride(tx, name, approved);
    await markWaitingList(tx, approved.hub);
    return { stored, told: [told] };
  });
}

/** Withdraws an override. Fails as `withdrawOverride` does. */
export function withdrawOverride(deps: Deps, command: OverrideCommand): Promise<Uint8Array> {
  return changeOverride(deps, command, async (tx, override, now) => ({
    stored: await saveOverride(tx, command.name, decideWithdrawal(override, now)),
  }));
}

type Changed = {
  readonly stored: StoredOverride;
  readonly told?: readonly AggregateOutcome[];
};

// The hub's row comes before the override's, as everywhere.
async function changeOverride(
  deps: Deps,
  { name, etag, caller, source, actor, respond }: OverrideCommand,
  work: (tx: Tx, override: Override, now: Temporal.Instant) => Promise<Changed>,
): Promise<Uint8Array> {
  const hub = requireOwn(name, caller);
  const { used } = await checkSource(deps.db, source);
  if (used !== undefined) return responseOf(used);
  const changed = await transact<StoredOverride>(deps.db, {
    name: "override-change",
    ...{ source, actor },
    work: async (tx, { now }) => {
      await deps.hubs.lock(tx, hub);
      const before = await readOverride(tx, name, { lock: true });
      if (before === undefined) throw overrideNotFound(name);
      checkEtag(etag, before.revision);
      const { stored, told = [] } = await work(tx, before.override, now);
      return { state: stored, aggregates: [...told], response: respond(stored) };
    },
  });
  return responseOf(changed);
}

function requireOwn(name: string, caller: Caller): string {
  const hub = hubOfCaller(caller);
  if (hub === undefined || !name.startsWith(`${hub}/`)) throw overrideNotFound(name);
  return hub;
}

/** The refusal for an override that is not there, or not for this caller. */
export function overrideNotFound(name: string): DomainError {
  return refusal("OVERRIDE_NOT_FOUND", { name });
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
