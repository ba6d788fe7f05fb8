import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { type AggregateOutcome, transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import { type BucketsByKind, bucketsAt } from "../domain/availability.ts";
import type { TimedHub } from "../domain/demand.ts";
import { placesIn } from "../domain/external-booking.ts";
import type { Hub, HubDocument } from "../domain/hub.ts";
import { checkHubDocument } from "../domain/hub-rules.ts";
import { createHubTime, minuteOfInstant } from "../domain/hub-time.ts";
import { type HubName, hubOfCaller, poolName, resourceName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { type Checked, closureSpans, findStranded, type Stranded } from "../domain/stranded.ts";
import {
  readKeptBeds,
  readKeptSessions,
  replaceClosures,
  setCapacities,
} from "../storage/document-store.ts";
import {
  keepExternalPlaces,
  keepExternalTime,
  readExternalNeeds,
  takeOutExternals,
} from "../storage/external-keep.ts";
import { HubMovedOnError, saveHub } from "../storage/hub-store.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { takeLapsed } from "./take-lapsed.ts";
import { checkEtag, hubNotFound } from "./visibility.ts";

const triesMax = 3;
const namedMax = 10;

/**
 * Publishes the next version of a hub's document: closures become rows, pools get their capacity, and nothing that is
 * held or booked may lose its resource, opening or bed. A hold past its release time that would is taken. Who waits for
 * capacity is tried again.
 */
export function publishHub(
  deps: Deps,
  document: HubDocument,
  command: PublishCommand,
): Promise<Uint8Array> {
  return publishNext(deps, { hub: document.name, documentOf: () => document }, command);
}

/** A hub's command to publish; the etag is that of the version before, or empty. */
export type PublishCommand = Command<Hub> & { readonly etag: string };

/** The next version of a hub, told of the one before under the lock of the hub's row. */
export type NextVersion = {
  readonly hub: HubName;
  /** Pure; a DomainError is a refusal. */
  readonly documentOf: (before: TimedHub | undefined, now: Temporal.Instant) => HubDocument;
};

/** Publishes the version that follows from the one before, as `publishHub` does. */
export async function publishNext(
  deps: Deps,
  next: NextVersion,
  command: PublishCommand,
): Promise<Uint8Array> {
  if (hubOfCaller(command.caller) !== next.hub) throw hubNotFound(next.hub);
  for (let attempt = 1; ; attempt += 1) {
    const { used } = await checkSource(deps.db, command.source);
    if (used !== undefined) return responseOf(used);
    try {
      return await publishOnce(deps, next, command);
    } catch (error) {
      if (attempt === triesMax) throw error instanceof StrandedError ? inTheWay(error) : error;
      if (error instanceof StrandedError) await giveWay(deps, error);
      else if (!(error instanceof HubMovedOnError)) throw error;
    }
  }
}

async function publishOnce(
  deps: Deps,
  { hub: name, documentOf }: NextVersion,
  command: PublishCommand,
): Promise<Uint8Array> {
  const { source, actor, respond, etag } = command;
  const changed = await transact<Hub>(deps.db, {
    name: "hub-publish",
    source,
    actor,
    work: async (tx, { now }) => {
      const before = await deps.hubs.lock(tx, name);
      checkEtag(etag, before?.version ?? 0);
      const document = documentOf(before, now);
      checkHubDocument(document, now);
      await lockHub(tx, document, before);
      const { hub, outcome } = await putVersion(deps, tx, { before, document, now });
      return { state: hub, aggregates: [outcome], response: respond(hub) };
    },
  });
  await deps.hubs.load(deps.db, name);
  return responseOf(changed);
}

/** Locks all resources and pools of a hub's next version, and of the one before. */
export async function lockHub(
  tx: Tx,
  document: HubDocument,
  before: TimedHub | undefined,
): Promise<void> {
  await lockAll(tx, [...namesOf(document), ...(before ? namesOf(before.document) : [])]);
}

/** The version that is put in the place of the one before. */
export type ToPut = {
  readonly before: TimedHub | undefined;
  readonly document: HubDocument;
  readonly now: Temporal.Instant;
  /** Whether what it strands stays where it is, for a proposal that moves it; else it is refused. */
  readonly mayStrand?: boolean;
};

/** Writes a hub's next version under the locks of all that it has; who waits is tried on it. */
export async function putVersion(
  deps: Deps,
  tx: Tx,
  toPut: ToPut,
): Promise<{ readonly hub: Hub; readonly outcome: AggregateOutcome }> {
  const { before, document, now } = toPut;
  await replace(tx, toPut);
  const version = (before?.version ?? 0) + 1;
  const { revision, ...times } = await saveHub(tx, { document, version });
  await markWaitingList(tx, document.name);
  const hub: Hub = { document, version, ...times };
  const event = deps.publish.hubPublished(hub, { revision, occurredAt: now });
  return { hub, outcome: { aggregate: document.name, revision: revision - 1, events: [event] } };
}

// Ends the transaction: some of these are still kept.
class StrandedError extends Error {
  override readonly name = "StrandedError";
  readonly stranded: readonly Stranded[];
  constructor(stranded: readonly Stranded[]) {
    super(`${stranded.length} holds or bookings are in the way`);
    this.stranded = stranded;
  }
}

async function replace(tx: Tx, { before, document, now, mayStrand }: ToPut): Promise<void> {
  const { name } = document;
  const time = createHubTime(document);
  const closures = closureSpans(document, time);
  // They refuse no version: what they lose by it is told as their conflict.
  const first = bucketsAt(minuteOfInstant(now), time);
  await takeOutExternals(tx, name, first);
  const sessions = await readKeptSessions(tx, name);
  const beds = await readKeptBeds(tx, name);
  const found = findStranded({ document, time, closures, sessions, beds, now });
  // What the version before strands already waits for its proposal: it is in no other version's way.
  const already = before === undefined ? [] : strandedUnder(before, { sessions, beds, now });
  const stranded = mayStrand ? [] : withoutThose(found, already);
  if (stranded.length > 0) throw new StrandedError(stranded);
  await replaceClosures(tx, name, closures);
  await setCapacities(tx, document, first);
  await putExternalsBack(tx, document, first);
}

function strandedUnder(
  { document, time }: TimedHub,
  kept: Pick<Checked, "sessions" | "beds" | "now">,
): Stranded[] {
  return findStranded({ ...kept, document, time, closures: closureSpans(document, time) });
}

function withoutThose(found: readonly Stranded[], known: readonly Stranded[]): Stranded[] {
  const keyOf = ({ course, at, startAt }: Stranded) => `${course} ${at} ${startAt}`;
  const keys = new Set(known.map(keyOf));
  return found.filter((one) => !keys.has(keyOf(one)));
}

async function putExternalsBack(
  tx: Tx,
  document: HubDocument,
  first: BucketsByKind,
): Promise<void> {
  const locked = new Set(namesOf(document));
  const { areas, cells } = await readExternalNeeds(tx, document.name, first);
  await keepExternalTime(
    tx,
    document.name,
    areas.filter(({ resource }) => locked.has(resource)),
  );
  const ofPools = cells.filter(({ pool }) => locked.has(pool));
  await keepExternalPlaces(
    tx,
    document.name,
    ofPools.map((cell) => ({ ...cell, capacity: placesIn(document, cell.pool, cell.bucket) })),
  );
}

function namesOf({ name, resources, pools }: HubDocument): string[] {
  return [
    ...resources.map(({ id }) => resourceName(name, id)),
    ...pools.map(({ id }) => poolName(name, id)),
  ];
}

// Only holds past their release time give way; one other is enough to refuse.
async function giveWay(deps: Deps, error: StrandedError): Promise<void> {
  if (!error.stranded.every(({ lapsed }) => lapsed)) throw inTheWay(error);
  const courses = new Set(error.stranded.map(({ course }) => course));
  for (const course of courses) await takeLapsed(deps, course);
}

function inTheWay({ stranded }: StrandedError): DomainError {
  const reason: CapacityReason = "BOOKINGS_IN_THE_WAY";
  const [first] = stranded;
  const courses = [...new Set(stranded.map(({ course }) => `courses/${course}`))];
  return new DomainError(reason, {
    count: String(courses.length),
    courses: courses.slice(0, namedMax).join(","),
    ...(first === undefined
      ? {}
      : {
          resource: first.at,
          start_time: first.startAt.toString(),
          end_time: first.endAt.toString(),
        }),
  });
}
