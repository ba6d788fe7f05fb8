/*
 * Closes resources of a hub although courses are booked there: the next version of the hub's document has the closure,
 * what is free is closed at once, and what is booked stays until its course moves. In the same commit each course that
 * loses a session is told so, and the proposal for all of them is made.
 *
 * Order of locks: the hub's row, the courses' rows, all resources and pools. Once the locks are held no session can
 * come into the closed time; one that came before them makes the change begin again.
 */
import { randomUUIDv7 } from "node:crypto";
import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { type AggregateOutcome, transact } from "@carehub/database/transact";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { TimedHub } from "../domain/demand.ts";
import type { Closure, HubDocument } from "../domain/hub.ts";
import type { HubReplan, StoredReplan } from "../domain/hub-replan.ts";
import { checkHubDocument } from "../domain/hub-rules.ts";
import { createHubTime, minuteOfInstant, type Span } from "../domain/hub-time.ts";
import { courseName, type HubName, hubOfCaller, resourceName } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { saveCourse } from "../storage/course-store.ts";
import { insertReplan, readUses } from "../storage/replan-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { type Disturbance, disturbancesOf, lockCourses, requireSame } from "./disturbed-courses.ts";
import { proposeMoves } from "./propose-replan.ts";
import { lockHub, putVersion } from "./publish-hub.ts";
import { checkEtag, hubNotFound } from "./visibility.ts";

/** What is to be closed, by the hub's own ids; without resources all are. */
export type ToClose = {
  readonly hub: HubName;
  readonly kind: Closure["kind"];
  readonly reason: string;
  readonly resources: readonly string[];
  /** A beam that failed: every room that it serves is out. */
  readonly beam?: string;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
};

/** Closes, tells and proposes. Fails with HUB_NOT_FOUND, RESOURCE_UNKNOWN, CLOSURE_IN_PAST and ETAG_MISMATCH. */
export async function disruptHub(
  deps: Deps,
  toClose: ToClose,
  command: Command<StoredReplan> & { readonly etag: string },
): Promise<Uint8Array> {
  const { hub, startAt, endAt } = toClose;
  if (hubOfCaller(command.caller) !== hub) throw hubNotFound(hub);
  const { source, actor, respond, etag } = command;
  const changed = await transact<StoredReplan>(deps.db, {
    name: "hub-disrupt",
    source,
    actor,
    work: async (tx, { now }) => {
      const before = await deps.hubs.lock(tx, hub);
      if (before === undefined) throw hubNotFound(hub);
      checkEtag(etag, before.version);
      const ids = resourcesOf(before.document, toClose);
      const names = ids.map((id) => resourceName(hub, id));
      // What is over took place: nothing is closed behind it.
      const { start, end } = spanOf(toClose);
      const span = { start: Math.max(start, minuteOfInstant(now)), end };
      const closure = closureOf(before, toClose, { ids, span, now });
      const document = withClosure(before.document, closure);
      checkHubDocument(document, now);
      const uses = await readUses(tx, names, span);
      const stored = await lockCourses(tx, uses);
      await lockHub(tx, document, before);
      const again = await readUses(tx, names, span);
      requireSame(uses, again);
      const put = await putVersion(deps, tx, { before, document, now, mayStrand: true });
      const next: TimedHub = { ...put.hub, time: createHubTime(document) };
      const disturbances = disturbancesOf(stored, uses);
      const moves = await proposeMoves(tx, next, { disturbances, now });
      const replan: HubReplan = {
        ...{ hub, closure, startAt, endAt, moves },
        state: "PROPOSED",
        approvals: [],
      };
      const view = await insertReplan(tx, `${hub}/replans/${randomUUIDv7()}`, replan);
      const told = await tellCourses(deps, tx, { disturbances, toClose, now });
      return { state: view, aggregates: [put.outcome, ...told], response: respond(view) };
    },
  });
  await deps.hubs.load(deps.db, hub);
  return responseOf(changed);
}

/** The document with one closure more. */
function withClosure(document: HubDocument, closure: Closure): HubDocument {
  return { ...document, closures: [...document.closures, closure] };
}

type Closing = {
  readonly ids: readonly string[];
  readonly span: Span;
  readonly now: Temporal.Instant;
};

function closureOf({ time }: TimedHub, toClose: ToClose, { ids, span, now }: Closing): Closure {
  const { kind, reason, endAt } = toClose;
  const { start, end } = span;
  if (start >= end) {
    throw refusal("CLOSURE_IN_PAST", { end_time: endAt.toString(), now: now.toString() });
  }
  const [firstDay, lastDay] = [time.dayOf(start), time.dayOf(end - 1)];
  return {
    ...{ kind, reason, resources: ids },
    firstDate: epochDate.add({ days: firstDay }),
    lastDate: epochDate.add({ days: lastDay }),
    start: start - time.startOf(firstDay),
    end: end - time.startOf(lastDay),
  };
}

const epochDate = Temporal.PlainDate.from("1970-01-01");

function resourcesOf(document: HubDocument, { resources, beam, kind }: ToClose): string[] {
  const known = new Set(document.resources.map(({ id }) => id));
  const unknown = resources.find((id) => !known.has(id));
  if (unknown !== undefined) throw refusal("RESOURCE_UNKNOWN", { resource: unknown });
  const pool = document.pools.find(
    (candidate) => candidate.kind === "BEAM" && candidate.id === beam,
  );
  if (beam !== undefined && pool === undefined)
    throw refusal("RESOURCE_UNKNOWN", { resource: beam });
  const named = [...new Set([...resources, ...(pool?.serves ?? [])])];
  if (named.length > 0) return named;
  if (kind === "OUTAGE") throw refusal("RESOURCE_UNKNOWN", { resource: "" });
  return [...known];
}

function spanOf({ startAt, endAt }: Pick<ToClose, "startAt" | "endAt">) {
  return { start: Math.floor(startAt.epochMilliseconds / 60_000), end: minuteOfInstant(endAt) };
}

async function tellCourses(
  deps: Deps,
  tx: Tx,
  told: {
    readonly disturbances: readonly Disturbance[];
    readonly toClose: ToClose;
    readonly now: Temporal.Instant;
  },
): Promise<AggregateOutcome[]> {
  const { disturbances, toClose, now } = told;
  const { kind, startAt, endAt, hub } = toClose;
  const reason = kind === "OUTAGE" ? ("OUTAGE" as const) : ("CLOSURE" as const);
  const outcomes: AggregateOutcome[] = [];
  for (const { stored, numbers } of disturbances) {
    const { course, revision } = stored;
    const saved = await saveCourse(tx, course, revision + 1);
    const name = courseName(course.id as Uuid);
    const round = course.hold?.round ?? course.round;
    const fact = { type: "CourseDisplaced", round, reason, numbers, startAt, endAt } as const;
    const context = { course: name, hub, revision: saved.revision, occurredAt: now };
    outcomes.push({ aggregate: name, revision, events: [deps.publish.courseFact(fact, context)] });
  }
  return outcomes;
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
