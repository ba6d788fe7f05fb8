import { randomUUID } from "node:crypto";
import { moveClock } from "@carehub/database/clock";
import { startNumbering } from "@carehub/database/numbering";
import { watchPublished } from "@carehub/database/published-watch";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { until } from "@carehub/testing/wait";
import { afterAll, expect, test } from "vitest";
import {
  aPublishedHub,
  holdOwn,
  openTestCapacity,
  refusalOf,
  requestForCase,
  type TestHub,
} from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules, monday } from "../domain/hub.builder.ts";
import { instantOfMinute } from "../domain/hub-time.ts";
import { aTime, importOf } from "../external.builder.ts";
import { bookCourse, releaseCourse } from "./course-commands.ts";
import { type FindQuery, findCourses } from "./find-courses.ts";
import { move, onCourse } from "./move.builder.ts";
import { type SearchIndex, startSearchIndex } from "./search-index.ts";

const capacity = await openTestCapacity();
const { deps, db } = capacity;
const numbering = startNumbering(db);
const published = await watchPublished(db, { pollMs: 200 });
const failures: unknown[] = [];
const open = () =>
  startSearchIndex({ ...deps, published, onFailed: (error) => void failures.push(error) });
const followed = await open();
afterAll(async () => {
  await followed.close();
  await published.close();
  await numbering.close();
  await capacity.close();
  expect(failures).toEqual([]);
});

const proton = aTemplate({
  id: "proton",
  uses: [
    { kind: "ROOM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: false },
    { kind: "ANAESTHESIA_TEAM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: true },
  ],
  beam: { offsetMinutes: 10, minutes: 15 },
  rules: { ...dailyRules, gridMinutes: 60, timeOfDayWindowMinutes: 0 },
  stays: [{ id: "bed", pool: "ward", fromDay: 0, days: 2 }],
});
const hours = { start: 480, end: 720 };
const aHub = () =>
  aPublishedHub(deps, {
    resources: [
      aResource("room-1", "ROOM", hours),
      aResource("room-2", "ROOM", hours),
      aResource("team-1", "ANAESTHESIA_TEAM", hours),
    ],
    pools: [
      { id: "beam", kind: "BEAM", capacity: 20, serves: ["room-1", "room-2"] },
      { id: "ward", kind: "BED", capacity: 3, serves: [] },
    ],
    templates: [proton],
  });

const query = (parts: Partial<FindQuery> = {}): FindQuery => ({
  programme: "proton-therapy",
  templates: [],
  hubs: [],
  plan: {
    phases: [{ phase: "main", sessionCount: 3 }],
    stays: [],
    readyDate: monday,
    dueDate: monday.add({ days: 20 }),
    underAnaesthesia: false,
  },
  priority: "ROUTINE",
  limit: 20,
  ...parts,
});

async function hasFollowed(index: SearchIndex = followed): Promise<void> {
  const pending = () => db.run("test-pending", "select from log.pending limit 1");
  await until(async () => (await pending()).length === 0, { what: "numbers for all events" });
  const [row] = await db.run<{ last: bigint }>(
    "test-last",
    "select coalesce(max(number), 0) as last from log.published",
  );
  await until(() => index.asOf() >= (row?.last ?? 0n), { what: "the index to follow" });
}

const search = async (index: SearchIndex, asked = query()) => {
  const { courses, without } = await findCourses({ db, searchIndex: index }, asked, 10_000);
  return { courses, without };
};

/** What is taken of every hub, however it came to be known. */
function contentOf(index: SearchIndex) {
  return [...index.hubs]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { index: ofHub }]) => {
      const { busy, used, uncertain, presences } = ofHub.availability();
      const plain = <Value>(map: ReadonlyMap<string, ReadonlyMap<number, Value>> | undefined) =>
        [...(map ?? [])]
          .filter(([, ofPool]) => ofPool.size > 0)
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([pool, ofPool]) => [
            pool,
            [...ofPool]
              .filter(([, value]) => value !== 0)
              .toSorted(([one], [other]) => one - other),
          ]);
      return {
        name,
        busy: [...busy]
          .filter(([, spans]) => spans.length > 0)
          .toSorted(([one], [other]) => (one < other ? -1 : 1)),
        used: plain(used).filter(([, buckets]) => must(buckets, "has buckets").length > 0),
        uncertain: plain(uncertain),
        presences: plain(presences),
      };
    });
}

/** The same numbers for the same seed. */
function seeded(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const planAt = (hub: TestHub, days: number, underAnaesthesia: boolean) => {
  const readyDate = monday.add({ days });
  const dates = { readyDate, dueDate: readyDate.add({ days: 5 }) };
  const phases = [{ phase: "main", sessionCount: 3 }];
  return { ...aPlan(""), ...dates, phases, template: hub.template("proton"), underAnaesthesia };
};

test("what it followed is what a new one reads, after holds, moves, releases, imports and versions", async () => {
  const hubs = [await aHub(), await aHub()];
  const below = seeded(20_260_105);
  const courses: { hub: TestHub; id: Uuid }[] = [];
  for (let step = 0; step < 90; step += 1) {
    const hub = must(hubs[below(hubs.length)], "one of them");
    const some = courses[below(Math.max(1, courses.length))];
    const kind = below(10);
    if (kind < 5 || some === undefined) {
      const id = randomUUID() as Uuid;
      const plan = planAt(hub, below(12), below(2) === 0);
      if (kind < 2) await requestForCase(deps, { id, hub: hub.name, plan });
      else if ((await refusalOf(holdOwn(deps, hub, plan, id))) !== undefined) continue;
      if (kind >= 2) courses.push({ hub, id });
    } else if (kind < 7) {
      const command = { ...onCourse(some.hub, some.id), reason: "CANCELLED" };
      await refusalOf(releaseCourse(deps, command));
      courses.splice(courses.indexOf(some), 1);
    } else if (kind === 7) {
      const from = monday.add({ days: 7 + below(7) });
      await refusalOf(
        move(deps, some, { from: from.toString(), to: from.add({ days: 4 }).toString() }),
      );
    } else if (kind === 8) {
      await refusalOf(bookCourse(deps, onCourse(some.hub, some.id)));
    } else if (below(3) === 0) {
      const on = monday.add({ days: 28 + below(5) });
      await refusalOf(
        hub.publish({
          closures: [
            {
              ...{ resources: ["room-1"], kind: "MAINTENANCE" as const, reason: "service" },
              ...{ firstDate: on, lastDate: on, start: 0, end: 1440 },
            },
          ],
        }),
      );
    }
    if (below(6) === 0) await hasFollowed();
    if (below(8) === 0) await search(followed);
  }
  await hasFollowed();
  const fresh = await open();
  expect(contentOf(followed)).toEqual(contentOf(fresh));
  const found = await search(followed);
  expect(found).toEqual(await search(fresh));
  expect(found.courses.length).toBeGreaterThan(3);
  await fresh.close();
  expect(courses.length).toBeGreaterThan(5);
});

test("a course that it finds can be held as it stands, and then is found no more", async () => {
  const hub = await aHub();
  await hasFollowed();
  const asked = query({ hubs: [hub.name], limit: 1 });
  const first = must((await search(followed, asked)).courses[0], "an empty hub has one");
  const id = await holdOwn(deps, hub, planAt(hub, 0, false));
  const [held] = await db.run<{ facts: string }>(
    "test-facts",
    "select facts::text from course where id = $1",
    [id],
  );
  const sessions = JSON.parse(held?.facts ?? "{}").hold.sessions as { start: number }[];
  expect(sessions.map(({ start }) => start)).toEqual(first.sessions.map(({ start }) => start));
  await hasFollowed();
  const second = must((await search(followed, asked)).courses[0], "there is another");
  expect(
    second.sessions[0]?.start !== first.sessions[0]?.start ||
      second.sessions[0]?.site !== first.sessions[0]?.site,
  ).toBe(true);
});

test("time that a hub imported as its own is not offered", async () => {
  const hub = await aHub();
  await hasFollowed();
  const asked = query({ hubs: [hub.name], limit: 1 });
  const first = must((await search(followed, asked)).courses[0], "an empty hub has one");
  const start = must(first.sessions[0], "it has sessions").start;
  const at = (minute: number) => instantOfMinute(minute).toString();
  const hour = [at(start), at(start + 60)] as const;
  await importOf(deps, hub, [aTime("room-1", hour), aTime("room-2", hour)]);
  await hasFollowed();
  const next = must((await search(followed, asked)).courses[0], "there is another");
  expect(next.sessions[0]?.start).toBeGreaterThan(start);
});

test("says how many events it is behind, and for how long, while it cannot read them", async () => {
  const hub = await aHub();
  await hasFollowed();
  let isBroken = false;
  const run: typeof db.run = (name, ...rest) =>
    isBroken && name === "search-changes"
      ? Promise.reject(new Error("it cannot read"))
      : db.run(name, ...rest);
  let tries = 0;
  const onFailed = () => {
    tries += 1;
  };
  const late = await startSearchIndex({ ...deps, db: { ...db, run }, published, onFailed });
  expect(late.lag()).toEqual({ events: 0, seconds: 0 });
  isBroken = true;
  await holdOwn(deps, hub, planAt(hub, 0, false));
  await hasFollowed();
  await until(() => tries > 1, { what: "it to try again" });
  expect(late.lag().events).toBeGreaterThan(0);
  expect(late.lag().seconds).toBeGreaterThan(0.9);
  expect(followed.lag()).toEqual({ events: 0, seconds: 0 });
  isBroken = false;
  await hasFollowed(late);
  expect(late.lag()).toEqual({ events: 0, seconds: 0 });
  await late.close();
});

test("says why there is nothing, and refuses what is too wide or too long", async () => {
  const hub = await aHub();
  await hasFollowed();
  const hubs = [hub.name];
  const reasonsOf = async (asked: FindQuery) =>
    (await search(followed, asked)).without.map(({ reason }) => reason);
  expect(await reasonsOf(query({ hubs, programme: "heart-surgery" }))).toEqual(["NO_TEMPLATE"]);
  const { plan } = query();
  const of = (parts: Partial<typeof plan>) => query({ hubs, plan: { ...plan, ...parts } });
  expect(await reasonsOf(of({ phases: [{ phase: "boost", sessionCount: 1 }] }))).toEqual([
    "PLAN_OUTSIDE_TEMPLATE",
  ]);
  const sunday = monday.add({ days: 6 });
  expect(await reasonsOf(of({ readyDate: sunday, dueDate: sunday }))).toEqual(["NOTHING_FREE"]);
  const refused = async (asked: FindQuery, remainingMs = 10_000) =>
    (await refusalOf(findCourses({ db, searchIndex: followed }, asked, remainingMs)))?.reason;
  expect(await refused(of({ dueDate: monday.add({ days: 366 }) }))).toBe("SEARCH_TOO_WIDE");
  expect(await refused(of({ dueDate: monday.subtract({ days: 1 }) }))).toBe("INVALID_FIELD");
  expect(await refused(query({ hubs: ["hubs/nowhere"] }))).toBe("HUB_NOT_FOUND");
  expect(await refused(query({ programme: "" }))).toBe("INVALID_FIELD");
  const year = of({ dueDate: monday.add({ days: 300 }) });
  expect(await refused({ ...year, limit: 1_000 }, 0)).toBe("SEARCH_TOO_LONG");
  await hub.publish({ validUntilAt: Temporal.Instant.from("2026-01-06T00:00:00Z") });
  await moveClock(db, { to: Temporal.Instant.from("2026-01-06T00:00:00Z") });
  await hasFollowed();
  expect(await reasonsOf(query({ hubs }))).toEqual(["CAPACITY_STALE"]);
});
