import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Closure, HubDocument } from "../domain/hub.ts";
import {
  approve,
  type ReplanState,
  refreshed,
  type StoredReplan,
  withdrawn,
} from "../domain/hub-replan.ts";
import { minuteOfInstant } from "../domain/hub-time.ts";
import { hubOfCaller, resourceName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import {
  lockReplan,
  readReplan,
  readReplans,
  readUses,
  saveReplan,
} from "../storage/replan-store.ts";
import { replanKind } from "./apply-replan.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { disturbancesOf, lockCourses, requireSame } from "./disturbed-courses.ts";
import { proposeMoves } from "./propose-replan.ts";
import { lockHub, putVersion } from "./publish-hub.ts";
import type { Page, PageRequest } from "./queries.ts";
import { checkEtag } from "./visibility.ts";

/** A hub's command on a proposal of its own; the etag is empty where it does not matter. */
export type ReplanCommand = Command<StoredReplan> & {
  readonly name: string;
  readonly etag: string;
};

/** Approves a proposal; with the second approval its courses are due to move. Fails as `approve` does. */
export function approveReplan(deps: Deps, command: ReplanCommand): Promise<Uint8Array> {
  return changeReplan(deps, command, async (tx, { replan }, now) => {
    const next = approve(replan, command.actor, now);
    const dues = next.state === "APPROVED" ? [{ kind: replanKind, dueAt: now }] : [];
    return { view: await saveReplan(tx, command.name, next), dues };
  });
}

/** Makes a proposal anew on what is taken now; fails with REPLAN_NOT_OPEN. */
export function refreshReplan(deps: Deps, command: ReplanCommand): Promise<Uint8Array> {
  return changeReplan(deps, command, async (tx, { replan }, now) => {
    refreshed(replan, []);
    const { hub: name, startAt, endAt, closure } = replan;
    const hub = must(await deps.hubs.lock(tx, name), "a proposal's hub is published");
    const span = { start: minuteOfInstant(startAt), end: minuteOfInstant(endAt) };
    const ids = closure.resources;
    const names = ids.map((id) => resourceName(name, id));
    const uses = await readUses(tx, names, span);
    const stored = await lockCourses(tx, uses);
    await lockHub(tx, hub.document, undefined);
    requireSame(uses, await readUses(tx, names, span));
    const disturbances = disturbancesOf(stored, uses);
    const moves = await proposeMoves(tx, hub, { disturbances, now });
    return { view: await saveReplan(tx, command.name, refreshed(replan, moves)) };
  });
}

/** Withdraws a proposal and opens again what it closed; fails with REPLAN_NOT_OPEN. */
export function withdrawReplan(deps: Deps, command: ReplanCommand): Promise<Uint8Array> {
  return changeReplan(deps, command, async (tx, { replan }, now) => {
    const next = withdrawn(replan);
    const before = must(await deps.hubs.lock(tx, replan.hub), "a proposal's hub is published");
    const document = withoutClosure(before.document, replan.closure);
    await lockHub(tx, document, before);
    const { outcome } = await putVersion(deps, tx, { before, document, now, mayStrand: true });
    return { view: await saveReplan(tx, command.name, next), also: [outcome] };
  });
}

type Changed = {
  readonly view: StoredReplan;
  readonly dues?: readonly { readonly kind: string; readonly dueAt: Temporal.Instant }[];
  readonly also?: readonly Awaited<ReturnType<typeof putVersion>>["outcome"][];
};

async function changeReplan(
  deps: Deps,
  command: ReplanCommand,
  work: (tx: Tx, stored: StoredReplan, now: Temporal.Instant) => Promise<Changed>,
): Promise<Uint8Array> {
  const { name, caller, source, actor, respond, etag } = command;
  await readOwnReplan(deps, name, caller);
  const { used } = await checkSource(deps.db, source);
  if (used !== undefined) return responseOf(used);
  const changed = await transact<StoredReplan>(deps.db, {
    name: "replan-change",
    ...{ source, actor },
    work: async (tx, { now }) => {
      // The hub's row comes before the proposal's, as when one is made.
      const hub = name.slice(0, name.indexOf("/replans/"));
      await deps.hubs.lock(tx, hub);
      const stored = must(await lockReplan(tx, name), "a proposal that was read stays");
      checkEtag(etag, stored.revision);
      const { view, dues, also = [] } = await work(tx, stored, now);
      const told = { aggregate: name, revision: 0, events: [] };
      return {
        state: view,
        aggregates: [...also, dues === undefined ? told : { ...told, dues }],
        response: respond(view),
      };
    },
  });
  return responseOf(changed);
}

/** Reads a proposal of the caller's own hub; fails with REPLAN_NOT_FOUND for every other. */
export async function readOwnReplan(
  { db }: Pick<Deps, "db">,
  name: string,
  caller: Caller,
): Promise<StoredReplan> {
  const found = await readReplan(db, name);
  if (found !== undefined && hubOfCaller(caller) === found.replan.hub) return found;
  const reason: CapacityReason = "REPLAN_NOT_FOUND";
  throw new DomainError(reason, { name });
}

/** Lists the proposals of the caller's own hub, the newest first. */
export async function listReplans(
  { db }: Pick<Deps, "db">,
  page: PageRequest & { readonly state: ReplanState | undefined },
  caller: Caller,
): Promise<Page<StoredReplan>> {
  const { size, after, state } = page;
  const found = await readReplans(db, hubOfCaller(caller) ?? "", { state, after, limit: size + 1 });
  const items = found.slice(0, size);
  return { items, next: found.length > size ? items.at(-1)?.name : undefined };
}

function withoutClosure(document: HubDocument, closure: Closure): HubDocument {
  const keyOf = (one: Closure) => JSON.stringify(one);
  const at = document.closures.findIndex((one) => keyOf(one) === keyOf(closure));
  return { ...document, closures: document.closures.filter((_, index) => index !== at) };
}
