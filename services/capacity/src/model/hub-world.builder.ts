/*
 * One small hub a run, in a database that is emptied and set back to the same Monday before: what a run finds does not
 * depend on the runs before it.
 */
import { fromBinary } from "@bufbuild/protobuf";
import {
  type CourseEvent,
  CourseEventSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { now } from "@carehub/database/clock";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { aPublishedHub, type TestCapacity, type TestHub } from "../capacity.builder.ts";
import type { TimedHub } from "../domain/demand.ts";
import type { ExternalEntry } from "../domain/external-booking.ts";
import {
  aResource,
  aTemplate,
  dailyRules,
  protonTemplate,
  surgeryTemplate,
} from "../domain/hub.builder.ts";
import type { HubDocument, SessionRules } from "../domain/hub.ts";
import { minuteOfInstant } from "../domain/hub-time.ts";
import { follow, type ModelCourse } from "./course-model.builder.ts";

/** When every run begins: a Monday, a week before the first sessions. */
export const beginning = Temporal.Instant.from("2026-01-26T04:00:00Z");

/** What the runs need of the service: its use cases and its database. */
export type ModelCapacity = Pick<TestCapacity, "deps" | "db">;

/** A hub under test, and what the model knows of it. */
export type World = {
  readonly capacity: ModelCapacity;
  readonly hub: TestHub;
  readonly courses: ModelCourse[];
  readonly externals: ExternalEntry[];
  readonly replans: string[];
  readonly overrides: string[];
  /** What was done and what came of it, for whoever reads a failure. */
  readonly trail: string[];
  position: bigint;
};

const rules: SessionRules = { ...dailyRules, timeOfDayWindowMinutes: 120, prolongationDaysMax: 5 };
const phase = { id: "main", sessionCount: 3, sessionCountMin: 1, sessionCountMax: 6 };
const use = (kind: "ROOM" | "IMAGING" | "THEATRE", minutes: number) =>
  ({ kind, offsetMinutes: 0, minutes, onlyUnderAnaesthesia: false }) as const;

/** What the hubs of these runs offer. */
export const templates = [
  aTemplate({
    id: "visit",
    uses: [use("ROOM", 180)],
    rules: { ...rules, interruptionCategory: 2 },
  }),
  aTemplate({
    ...protonTemplate,
    id: "proton",
    uses: [
      { kind: "ANAESTHESIA_TEAM", offsetMinutes: 0, minutes: 90, onlyUnderAnaesthesia: true },
      use("ROOM", 120),
    ],
    phases: [phase],
    rules: { ...rules, interruptionCategory: 1 },
    preparation: [{ id: "images", leadDaysMin: 1, leadDaysMax: 3, uses: [use("IMAGING", 60)] }],
  }),
  aTemplate({
    id: "twice",
    uses: [use("ROOM", 90)],
    phases: [{ ...phase, sessionCount: 4 }],
    rules: {
      ...rules,
      ...{ gridMinutes: 30, minGapHours: 6, sessionsPerDay: 2, timeOfDayWindowMinutes: 0 },
      ...{ sameDayGapHours: 6, compensations: ["EXTRA_DAY", "SAME_DAY"] },
    },
  }),
  aTemplate({
    ...surgeryTemplate,
    stays: [
      { id: "intensive-care", pool: "picu", fromDay: 0, days: 2 },
      { id: "ward", pool: "ward", fromDay: 2, days: 2 },
    ],
  }),
] as const;

function documentOf(rooms: number): Partial<HubDocument> {
  const extra = { days: [6], start: 480, end: 840, onlyForCompensation: true };
  const room = (id: string) => {
    const plain = aResource(id, "ROOM", { start: 480, end: 1080 });
    return { ...plain, weeklyOpenings: [...plain.weeklyOpenings, extra], mirrorGroup: "twins" };
  };
  const ids = ["room-1", "room-2"].slice(0, rooms);
  return {
    resources: [
      ...ids.map(room),
      aResource("team-1", "ANAESTHESIA_TEAM", { start: 480, end: 780 }),
      aResource("theatre-1", "THEATRE"),
      aResource("ct-1", "IMAGING", { start: 480, end: 720 }),
    ],
    pools: [
      { id: "beam", kind: "BEAM", capacity: 20, serves: ids },
      { id: "picu", kind: "BED", capacity: 1, serves: [] },
      { id: "ward", kind: "BED", capacity: 2, serves: [] },
    ],
    templates,
  };
}

/** Empties the database, sets its clock, and publishes a hub with so many rooms. */
export async function openWorld(capacity: ModelCapacity, rooms: number): Promise<World> {
  await reset(capacity);
  const hub = await aPublishedHub(capacity.deps, documentOf(rooms));
  const more = { courses: [], externals: [], replans: [], overrides: [], trail: [], position: 0n };
  return { capacity, hub, ...more };
}

const tables =
  `log.request log.event log.pending log.seen log.due reservation pool_bucket pool_use course
  external_booking hub_version hub stay_risk missed_session replan override`.split(/\s+/);

// A clock that goes back and a history that ends: no service can, and only these runs do.
async function reset({ db }: ModelCapacity): Promise<void> {
  await db.transaction("model-reset", async (tx) => {
    await tx.run("model-unguarded", "set local session_replication_role = replica");
    for (const table of tables) await tx.run(`model-empty-${table}`, `delete from ${table}`);
    const shift = "make_interval(secs => extract(epoch from $1::timestamptz - now())::float8)";
    await tx.run("model-clock", `update app.clock set moved = true, shift = ${shift}`, [beginning]);
  });
}

/** The hub as it is now. */
export async function hubNow({ capacity: { deps }, hub }: World): Promise<TimedHub> {
  return must(await deps.hubs.load(deps.db, hub.name), "it was published");
}

/** The minute that it is. */
export async function minuteNow({ capacity: { db } }: World): Promise<number> {
  return minuteOfInstant(await now(db));
}

/** An event of a course, as it was told. */
export type Followed = {
  readonly course: Uuid;
  readonly event: NonNullable<CourseEvent["event"]["case"]>;
};

/** Has the model take in what was told since it last looked. */
export async function followEvents(world: World): Promise<Followed[]> {
  const rows = await world.capacity.db.run<{
    payload: Buffer;
    position: bigint;
    aggregate: string;
  }>(
    "model-events",
    `select payload, position, aggregate from log.event
     where position > $1 and aggregate like 'courses/%' order by position`,
    [world.position],
  );
  const { time } = await hubNow(world);
  const minute = await minuteNow(world);
  return rows.map(({ payload, position, aggregate }) => {
    world.position = position;
    const id = aggregate.slice("courses/".length) as Uuid;
    const event = fromBinary(CourseEventSchema, payload);
    const course = must(
      world.courses.find((each) => each.id === id),
      "a course was asked for before it is told of",
    );
    follow(course, event, { minute, startOfDay: time.startOf });
    return { course: id, event: must(event.event.case, "an event says what happened") };
  });
}
