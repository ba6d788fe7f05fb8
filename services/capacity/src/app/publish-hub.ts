import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { transact } from "@carehub/database/transact";
import { checkSource } from "@carehub/database/used-source";
import { DomainError } from "@carehub/rules/domain-error";
import type { Hub, HubDocument } from "../domain/hub.ts";
import { checkHubDocument } from "../domain/hub-rules.ts";
import { createHubTime, minuteOfInstant } from "../domain/hub-time.ts";
import { hubOfCaller, poolName, resourceName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { closureSpans, findStranded, type Stranded } from "../domain/stranded.ts";
import {
  readKeptBeds,
  readKeptSessions,
  replaceClosures,
  setCapacities,
} from "../storage/document-store.ts";
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
export async function publishHub(
  deps: Deps,
  document: HubDocument,
  command: Command<Hub> & { readonly etag: string },
): Promise<Uint8Array> {
  if (hubOfCaller(command.caller) !== document.name) throw hubNotFound(document.name);
  for (let attempt = 1; ; attempt += 1) {
    const { now, used } = await checkSource(deps.db, command.source);
    if (used !== undefined) return responseOf(used);
    checkHubDocument(document, now);
    try {
      return await publishOnce(deps, document, command);
    } catch (error) {
      if (attempt === triesMax) throw error instanceof StrandedError ? inTheWay(error) : error;
      if (error instanceof StrandedError) await giveWay(deps, error);
      else if (!(error instanceof HubMovedOnError)) throw error;
    }
  }
}

async function publishOnce(
  deps: Deps,
  document: HubDocument,
  command: Command<Hub> & { readonly etag: string },
): Promise<Uint8Array> {
  const { source, actor, respond, etag } = command;
  const changed = await transact<Hub>(deps.db, {
    name: "hub-publish",
    source,
    actor,
    work: async (tx, { now }) => {
      const before = await deps.hubs.lock(tx, document.name);
      const revision = before?.version ?? 0;
      checkEtag(etag, revision);
      await lockAll(tx, [...namesOf(document), ...(before ? namesOf(before.document) : [])]);
      await replace(tx, document, now);
      const version = revision + 1;
      const times = await saveHub(tx, { document, version });
      await markWaitingList(tx, document.name);
      const hub: Hub = { document, version, ...times };
      const event = deps.publish.hubPublished(document, { version, occurredAt: now });
      return {
        state: hub,
        aggregates: [{ aggregate: document.name, revision, events: [event] }],
        response: respond(hub),
      };
    },
  });
  await deps.hubs.load(deps.db, document.name);
  return responseOf(changed);
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

async function replace(tx: Tx, document: HubDocument, now: Temporal.Instant): Promise<void> {
  const time = createHubTime(document);
  const closures = closureSpans(document, time);
  const sessions = await readKeptSessions(tx, document.name);
  const beds = await readKeptBeds(tx, document.name);
  const stranded = findStranded({ document, time, closures, sessions, beds, now });
  if (stranded.length > 0) throw new StrandedError(stranded);
  await replaceClosures(tx, document.name, closures);
  const minute = minuteOfInstant(now);
  await setCapacities(tx, document, { day: time.dayOf(minute), minute });
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
