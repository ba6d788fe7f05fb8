import { randomUUID } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type CourseEvent,
  CourseEventSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { declareEnvironment, moveClock } from "@carehub/database/clock";
import { type Database, openDatabase } from "@carehub/database/pool";
import { type Due, type MessageSource, requestSource } from "@carehub/database/source";
import type { Caller, Role } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { testDatabase } from "@carehub/testing/database";
import type { Command, Deps } from "./app/capacity-app.ts";
import { holdForCase, holdForHub } from "./app/hold-course.ts";
import type { HoldRequest } from "./app/place-course.ts";
import { publishHub } from "./app/publish-hub.ts";
import type { QueryDeps } from "./app/queries.ts";
import { raiseDue } from "./app/raise-due.ts";
import type { StoredCourse } from "./domain/course.ts";
import type { CoursePlan } from "./domain/demand.ts";
import { aHubDocument, testNow } from "./domain/hub.builder.ts";
import type { HubDocument } from "./domain/hub.ts";
import { parseHubName } from "./domain/names.ts";
import type { Priority } from "./domain/priority.ts";
import { migrationsFolder, wireCapacity } from "./start-capacity.ts";

/** The use cases of this service on a database of their own, with the sandbox clock at the tests' time. */
export type TestCapacity = {
  readonly deps: Deps & QueryDeps;
  readonly db: Database;
  readonly refused: string[];
  /** The same on connections of its own, as another process of the service has it. */
  readonly another: () => Deps & QueryDeps;
  readonly close: () => Promise<void>;
};

/** Opens them; every test file has one. */
export async function openTestCapacity({ poolSizeMax = 16 } = {}): Promise<TestCapacity> {
  const database = await testDatabase({ migrations: { service: migrationsFolder } });
  const db = openDatabase({ url: database.url, applicationName: "capacity-test", poolSizeMax });
  await declareEnvironment(db, "sandbox");
  await moveClock(db, { to: testNow });
  const refused: string[] = [];
  const watching = {
    onRefused: (reason: string) => void refused.push(reason),
    onHub: () => undefined,
  };
  const wired = [wireCapacity(db, watching)];
  const open = (url: string) =>
    openDatabase({ url, applicationName: "capacity-test", poolSizeMax });
  return {
    deps: must(wired[0], "one is wired").deps,
    db,
    refused,
    another: () => {
      const other = wireCapacity(open(database.url), watching);
      wired.push(other);
      return other.deps;
    },
    close: async () => {
      for (const { close } of wired) await close();
      await database.drop();
    },
  };
}

/** An organisation that calls. */
export function aCaller(role: Role, id: string): Caller {
  return { role, id, name: `${role}/${id}` };
}

/** A command of a caller; `respond` answers with the course's id, so that a test can read it. */
export function aCommand<View = StoredCourse>(
  caller: Caller,
  asked: { readonly requestId?: string; readonly body?: string } = {},
  respond: (view: View) => Uint8Array = (view) =>
    new TextEncoder().encode((view as StoredCourse).course?.id ?? "done"),
): Command<View> {
  const requestId = asked.requestId ?? randomUUID();
  const body = new TextEncoder().encode(asked.body ?? requestId);
  return {
    caller,
    source: requestSource({ caller: caller.name, requestId, method: "test", body }),
    actor: { reference: "e-1", role: "planner" },
    respond,
  };
}

let hubCount = 0;

/** Publishes a hub with a name of its own; answers the name and a plan's template. */
export async function aPublishedHub(deps: Deps, parts: Partial<HubDocument> = {}) {
  hubCount += 1;
  const id = parts.name?.slice("hubs/".length) ?? `test-hub-${hubCount}`;
  const name = parseHubName(`hubs/${id}`, "name");
  const document = { ...aHubDocument(parts), name };
  const caller = aCaller("hub", id);
  const publish = (next: Partial<HubDocument> = {}, etag = "") =>
    publishHub(deps, { ...document, ...next }, { ...aCommand(caller, {}, done), etag });
  await publish();
  return { name, caller, document, publish, template: (id_: string) => `${name}/templates/${id_}` };
}

/** A published hub, as tests use it. */
export type TestHub = Awaited<ReturnType<typeof aPublishedHub>>;

function done(): Uint8Array {
  return new TextEncoder().encode("done");
}

/** A length of time to answer. */
export const answerTime = {
  workingDays: 5,
  calendars: ["UZ", "KZ"],
  graceHours: 24,
  clause: "agreements/test/clauses/answer",
};

/** Holds a course for the hub's own patient; answers its id. */
export async function holdOwn(
  deps: Deps,
  hub: TestHub,
  plan: CoursePlan,
  id: Uuid = randomUUID() as Uuid,
): Promise<Uuid> {
  const request = {
    id,
    hub: hub.name,
    sendingParty: undefined,
    round: 0,
    plan,
    answerTime,
    priority: "ROUTINE" as const,
  };
  await holdForHub(deps, request, aCommand(hub.caller));
  return id;
}

/** A case's next message; each one has the next revision of its referral. */
export function aMessage(id: Uuid, revision: number): MessageSource {
  return {
    kind: "message",
    consumer: "capacity.carehub.intake.cases",
    topic: "carehub.intake.cases",
    aggregate: `referrals/${id}`,
    revision,
  };
}

/** Asks for a course of a referral from Uzbekistan, as intake does. */
export function requestForCase(
  deps: Deps,
  request: Pick<HoldRequest, "id" | "hub" | "plan"> &
    Partial<Pick<HoldRequest, "answerTime">> & {
      readonly round?: number;
      readonly revision?: number;
      readonly priority?: Priority;
    },
) {
  const { id, round = 1, revision = 1, priority = "ROUTINE" } = request;
  const asked = { answerTime, ...request, round, priority, sendingParty: "parties/UZ" };
  return holdForCase(deps, asked, aMessage(id, revision));
}

/** Every event told of a course, in its order. */
export async function eventsOf(db: Database, id: Uuid): Promise<CourseEvent[]> {
  const rows = await db.run<{ payload: Buffer }>(
    "test-events",
    "select payload from log.event where aggregate = $1 order by revision",
    [`courses/${id}`],
  );
  return rows.map(({ payload }) => fromBinary(CourseEventSchema, payload));
}

/** The names of these events' variants. */
export async function factsOf(db: Database, id: Uuid): Promise<(string | undefined)[]> {
  return (await eventsOf(db, id)).map(({ event }) => event.case);
}

/** Raises every due row whose time has come, in rounds, until none is left. */
export async function sweep(deps: Deps): Promise<void> {
  for (let round = 1; round <= sweepRoundsMax; round += 1) {
    const dues = await deps.db.run<Due>(
      "test-due",
      `select aggregate, kind, due_at as "dueAt" from log.due where due_at <= app.now()
       order by due_at`,
    );
    if (dues.length === 0) return;
    for (const due of dues) await raiseDue(deps, due);
  }
  throw new Error("due rows that never end");
}

const sweepRoundsMax = 20;

/** What was refused, or undefined where nothing was. */
export async function refusalOf(work: Promise<unknown>): Promise<DomainError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
