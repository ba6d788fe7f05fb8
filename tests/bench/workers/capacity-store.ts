import { randomUUID } from "node:crypto";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { Command, Deps } from "@carehub/capacity/app/capacity-app";
import { holdForHub } from "@carehub/capacity/app/hold-course";
import { type HoldRequest, type Proposal, proposeCourse } from "@carehub/capacity/app/place-course";
import { publishHub } from "@carehub/capacity/app/publish-hub";
import { takeProposal } from "@carehub/capacity/app/take-course";
import type { StoredCourse } from "@carehub/capacity/domain/course";
import type { TimedHub } from "@carehub/capacity/domain/demand";
import { courseResponder } from "@carehub/capacity/grpc/course-message";
import { migrationsFolder, wireCapacity } from "@carehub/capacity/start-capacity";
import { readHubDocument } from "@carehub/capacity/wire/hub-document";
import { HoldCourseResponseSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { declareEnvironment, moveClock } from "@carehub/database/clock";
import { migrate } from "@carehub/database/migrate";
import { type Database, openDatabase, type Run } from "@carehub/database/pool";
import { requestSource } from "@carehub/database/source";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { createLogger } from "@carehub/runtime/logging";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { clockAt, firstDate, sessionHubs, sessions } from "../workloads/capacity-hubs.ts";
import { cellOf } from "../workloads/session-cells.ts";
import { type Recorded, recording } from "./recorder.ts";

/** Which single session a loop holds next: each number stands for another free half hour. */
export type StoreLoop = { readonly from: number; readonly inFlight: number };

/** A course to be held once, while its statements are noted. */
export type ToRecord = { readonly hub: string; readonly template: string; readonly day: number };

/** A hold as it was recorded: what it sent to the database, its ids, and the bytes of its answer. */
export type RecordedHold = {
  readonly statements: readonly Recorded[];
  readonly id: string;
  readonly requestId: string;
  readonly answer: Uint8Array;
};

const logger = createLogger("bench-store", { level: "warn" });
const noWatching = { onRefused: () => undefined, onHub: () => undefined };
const answerTime = {
  workingDays: 5,
  calendars: ["KZ"],
  graceHours: 24,
  clause: "agreements/bench/clauses/answer",
};
const minutesOfDay = 1_440;

let opened: { readonly deps: Deps; readonly db: Database } | undefined;
const proposals = new Map<number, { readonly proposal: Proposal; readonly request: HoldRequest }>();
let total = 0;
let running = Promise.resolve();
let isStopped = true;

function open(databaseUrl: string): void {
  const db = openDatabase({ url: databaseUrl, applicationName: "bench-store", logger });
  opened = { db, deps: wireCapacity(db, noWatching).deps };
}

/** Makes the tables, sets the clock and publishes these hubs. */
async function prepare({ databaseUrl, hubs }: { databaseUrl: string; hubs: JsonObject[] }) {
  await migrate({ url: databaseUrl, serviceMigrations: migrationsFolder });
  const db = openDatabase({ url: databaseUrl, applicationName: "bench-store", logger });
  await declareEnvironment(db, "sandbox");
  await moveClock(db, { to: clockAt });
  const { deps, close } = wireCapacity(db, noWatching);
  for (const json of hubs) {
    const document = readHubDocument(create(HubSchema, fromJson(HubSchema, json)));
    const command = commandOf(document.name, randomUUID(), () => new Uint8Array());
    await publishHub(deps, document, { ...command, etag: "" });
  }
  await close();
}

function commandOf<View>(
  hub: string,
  requestId: string,
  respond: (view: View) => Uint8Array,
): Command<View> {
  const id = hub.slice("hubs/".length);
  const caller = { role: "hub", id, name: `hub/${id}` } as const;
  const body = new Uint8Array(64);
  const method = "carehub.capacity.v1.CourseService/HoldCourse";
  return {
    caller,
    source: requestSource({ caller: caller.name, requestId, method, body }),
    actor: { reference: "bench:1", role: "planner" },
    respond,
  };
}

const respond = courseResponder(HoldCourseResponseSchema) as (view: StoredCourse) => Uint8Array;

/** Holds a course as the service does, and answers what it sent to the database for that. */
async function record(asked: ToRecord): Promise<RecordedHold> {
  const { deps } = must(opened, "recording comes after open");
  // What a service knows from its start is no statement of a hold.
  await deps.hubs.load(deps.db, `hubs/${asked.hub}`);
  const { db, statements } = recording(deps.db);
  const request = requestFor(asked);
  const requestId = randomUUID();
  const command = commandOf(request.hub, requestId, respond);
  const answer = await holdForHub({ ...deps, db }, request, command);
  return { statements, id: request.id, requestId, answer };
}

function requestFor({ hub, template, day }: ToRecord): HoldRequest {
  const date = firstDate.add({ days: day });
  return {
    id: randomUUID() as Uuid,
    hub: `hubs/${hub}`,
    sendingParty: undefined,
    round: 0,
    priority: "ROUTINE",
    answerTime,
    plan: {
      template: `hubs/${hub}/templates/${template}`,
      phases: [],
      stays: [],
      readyDate: date,
      dueDate: date,
      underAnaesthesia: false,
    },
  };
}

/** Plans one session in each of the 400 rooms, in the first half hour of the first day. */
async function plan(): Promise<void> {
  const { deps } = must(opened, "planning comes after open");
  const nothingTaken: { run: Run } = { run: async () => [] };
  for (const [at, hub] of sessionHubs.entries()) {
    const loaded = await deps.hubs.load(deps.db, `hubs/${hub}`);
    const timed: TimedHub = must(loaded, "the hub was published");
    for (let room = 0; room < sessions.rooms; room += 1) {
      const template = `room-${sessions.firstRoom + room}`;
      const request = requestFor({ hub, template, day: 0 });
      const proposed = await proposeCourse(nothingTaken, timed, { request, now: clockAt });
      if (proposed.kind !== "fits") throw new Error(`${hub} has no time in ${template}`);
      proposals.set(at * sessions.rooms + room, { proposal: proposed.proposal, request });
    }
  }
}

/** Holds single sessions by the store alone: what was planned is taken, in one transaction. */
async function start({ from, inFlight }: StoreLoop): Promise<void> {
  isStopped = false;
  let next = from;
  const lane = async () => {
    while (!isStopped) {
      const index = next;
      next += 1;
      await holdNumber(index);
      total += 1;
    }
  };
  running = Promise.all(Array.from({ length: inFlight }, lane)).then(() => undefined);
  running.catch(() => undefined); // `stop` tells.
}

async function holdNumber(index: number): Promise<void> {
  const { deps } = must(opened, "holding comes after open");
  const { room, day, slot } = cellOf(index);
  const { proposal, request } = must(proposals.get(room), "holding comes after plan");
  const id = randomUUID() as Uuid;
  const mine = { ...request, id };
  const tried = await takeProposal(
    deps,
    { request: mine, asking: commandOf(request.hub, id, respond) },
    shifted(proposal, day, slot * 60),
  );
  if (tried.kind !== "taken") throw new Error(`the half hour number ${index} was not free`);
}

function shifted(proposal: Proposal, days: number, minutes: number): Proposal {
  const by = days * minutesOfDay + minutes;
  const move = <Span extends { readonly start: number; readonly end: number }>(
    span: Span,
  ): Span => {
    return { ...span, start: span.start + by, end: span.end + by };
  };
  const placed = proposal.course.sessions.map((session) => {
    return { ...move(session), day: session.day + days, uses: session.uses.map(move) };
  });
  return {
    ...proposal,
    course: { ...proposal.course, sessions: placed },
    uses: proposal.uses.map(move),
  };
}

const commands = {
  prepare,
  open,
  record,
  plan,
  start,
  count: (): number => total,
  stop: async (): Promise<void> => {
    isStopped = true;
    await running;
  },
} satisfies Commands;

export type StoreCommands = typeof commands;

answerCommands(commands);
