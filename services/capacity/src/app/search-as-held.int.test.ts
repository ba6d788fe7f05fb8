import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import { startNumbering } from "@carehub/database/numbering";
import { watchPublished } from "@carehub/database/published-watch";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { until } from "@carehub/testing/wait";
import { afterAll, expect, test } from "vitest";
import {
  aCommand,
  answerTime,
  aPublishedHub,
  openTestCapacity,
  refusalOf,
  requestForCase,
} from "../capacity.builder.ts";
import type { CoursePlan } from "../domain/demand.ts";
import { aResource, aTemplate, dailyRules, testNow } from "../domain/hub.builder.ts";
import type { Priority } from "../domain/priority.ts";
import { readCourse } from "../storage/course-store.ts";
import { type FindQuery, findCourses } from "./find-courses.ts";
import { holdForHub } from "./hold-course.ts";
import { startSearchIndex } from "./search-index.ts";

const capacity = await openTestCapacity();
const { deps, db } = capacity;
const numbering = startNumbering(db);
const published = await watchPublished(db, { pollMs: 200 });
const failures: unknown[] = [];
const onFailed = (error: unknown) => void failures.push(error);
const searchIndex = await startSearchIndex({ ...deps, published, onFailed });
afterAll(async () => {
  await searchIndex.close();
  await published.close();
  await numbering.close();
  await capacity.close();
  expect(failures).toEqual([]);
});

const hours = { start: 480, end: 840 };
const reserve = { kind: "ROOM" as const, minutesPerWeek: 1_200, fullDays: 10, openDays: 2 };
const hub = await aPublishedHub(deps, {
  resources: [
    aResource("room-1", "ROOM", hours),
    aResource("room-2", "ROOM", hours),
    aResource("team-1", "ANAESTHESIA_TEAM", hours),
  ],
  pools: [
    { id: "beam", kind: "BEAM", capacity: 20, serves: ["room-1", "room-2"] },
    { id: "ward", kind: "BED", capacity: 6, emergencyReserve: 1, serves: [] },
  ],
  urgentReserves: [reserve],
  templates: [
    aTemplate({
      id: "proton",
      uses: [
        { kind: "ROOM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: false },
        { kind: "ANAESTHESIA_TEAM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: true },
      ],
      beam: { offsetMinutes: 10, minutes: 15 },
      rules: { ...dailyRules, gridMinutes: 60 },
    }),
    aTemplate({ id: "short", stays: [{ id: "bed", pool: "ward", fromDay: -1, days: 2 }] }),
  ],
});

async function hasFollowed(): Promise<void> {
  const pending = () => db.run("test-pending", "select from log.pending limit 1");
  await until(async () => (await pending()).length === 0, { what: "numbers for all events" });
  const last = must(
    (
      await db.run<{ last: bigint }>(
        "test-last",
        "select coalesce(max(number), 0) as last from log.published",
      )
    )[0],
    "there is a greatest number",
  ).last;
  await until(() => searchIndex.asOf() >= last, { what: "the index to follow" });
}

type Wish = {
  readonly plan: CoursePlan;
  readonly priority: Priority;
  /** Absent for the hub's own patient. */
  readonly answerTime?: typeof answerTime;
};

async function found({ plan, ...wish }: Wish) {
  const { template, ...rest } = plan;
  const asked: FindQuery = {
    programme: "",
    templates: [template],
    hubs: [],
    limit: 1,
    plan: rest,
    ...wish,
  };
  const { courses } = await findCourses({ db, searchIndex }, asked, 10_000);
  return courses.map(placesOf)[0];
}

async function held(wish: Wish) {
  const id = randomUUID() as Uuid;
  const request = { id, hub: hub.name, ...wish };
  if (wish.answerTime !== undefined) await requestForCase(deps, request);
  else {
    const own = { sendingParty: undefined, round: 0, answerTime };
    await refusalOf(holdForHub(deps, { ...own, ...request, answerTime }, aCommand(hub.caller)));
  }
  const { course } = (await readCourse(db, id)) ?? {};
  return course?.state === "HELD" ? placesOf(must(course.hold, "it is held")) : undefined;
}

type Placed = {
  readonly sessions: readonly { readonly start: number; readonly site: string }[];
  readonly stays: readonly { readonly pool: string; readonly firstDate: Temporal.PlainDate }[];
};

function placesOf({ sessions, stays }: Placed) {
  return {
    sessions: sessions.map(({ start, site }) => [start, site]),
    stays: stays.map(({ pool, firstDate }) => [pool, firstDate.toString()]),
  };
}

/** The same numbers for the same seed. */
function seeded(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

test("the first course that it finds is the one that a hold of the same plan, priority and answer time then has", async () => {
  const below = seeded(20_260_123);
  const priorities = ["ROUTINE", "URGENT", "EMERGENCY"] as const;
  const tally = { cases: 0, own: 0, none: 0, today: 0 };
  let at = testNow;
  for (let step = 0; step < 70; step += 1) {
    // Some minutes to some hours, so that searches come at night, on the hour and in the middle of a session.
    if (step % 2 === 0) {
      at = at.add({ minutes: [7, 53, 120, 185][below(4)] ?? 7 });
      await moveClock(db, { to: at });
    }
    const today = at.toZonedDateTimeISO("Asia/Almaty").toPlainDate();
    const readyDate = today.add({ days: [0, 0, 1, 4, 9][below(5)] ?? 0 });
    const isCase = below(2) === 0;
    const workingDays = [1, 3, 8][below(3)] ?? 1;
    const isShort = below(4) === 0;
    const plan: CoursePlan = {
      template: hub.template(isShort ? "short" : "proton"),
      phases: isShort ? [] : [{ phase: "main", sessionCount: 1 + below(3) }],
      stays: [],
      readyDate,
      dueDate: readyDate.add({ days: [0, 6, 20][below(3)] ?? 0 }),
      underAnaesthesia: !isShort && below(2) === 0,
    };
    const priority = must(priorities[below(3)], "one of them");
    const wish = {
      plan,
      priority,
      ...(isCase ? { answerTime: { ...answerTime, workingDays } } : {}),
    };
    await hasFollowed();
    const first = await found(wish);
    expect({ step, first }).toEqual({ step, first: await held(wish) });
    if (first === undefined) tally.none += 1;
    else tally[isCase ? "cases" : "own"] += 1;
    if (first !== undefined && !isCase && plan.readyDate.equals(today)) tally.today += 1;
  }
  expect(tally.cases).toBeGreaterThan(12);
  expect(tally.own).toBeGreaterThan(20);
  expect(tally.none).toBeGreaterThan(3);
  expect(tally.today).toBeGreaterThan(5);
});
