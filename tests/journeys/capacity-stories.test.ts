import {
  type Course,
  CoursePriority,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import {
  type Replan,
  Replan_State,
  ReplanMove_Outcome,
} from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { CareState } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import type { Partner } from "@carehub/partners/partner";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeReport } from "../invariants/report.ts";
import { type Case, hold, readCourses } from "./capacity-cases.ts";
import * as ears from "./capacity-ears.ts";
import { askForPlaces, grantFor } from "./capacity-list.ts";
import * as out from "./capacity-outage.ts";
import { as, localTime, openPlay, type Play } from "./capacity-play.ts";
import * as unit from "./capacity-unit.ts";
import * as week from "./capacity-week.ts";
import { verifyAll } from "./verified.ts";

let play: Play;

beforeAll(async () => {
  play = await openPlay("capacity", ["hub/story-rooms"]);
});

afterAll(() => play?.close());

const { PLANNED, MOVED, BEYOND_LIMIT, NO_WAY } = ReplanMove_Outcome;

describe("a room is out for two days while 24 courses run", () => {
  let running: Awaited<ReturnType<typeof out.runCourses>>;
  let before: readonly Course[];
  let proposal: Replan;
  let watches: ears.Watching[];
  const ministries = ["ministry/UZ", "ministry/KG", "ministry/TJ"];
  const listeners = ["hub/astana-proton", ...ministries, "hub/umc-heart"];
  const read = () => readCourses(running.hub, running.names);
  const affected = () =>
    before.filter((course) => out.usesInOutage(course).length > 0).map(({ name }) => name);

  beforeAll(async () => {
    running = await out.runCourses(play);
    watches = await Promise.all(listeners.map(play.partnerOf).map(ears.watch));
    before = await read();
    proposal = await out.report(running.hub);
  });

  test("the proposal lists exactly those that lose a session, the fast tumours first", () => {
    expect(before).toHaveLength(24);
    const { moves, state } = proposal;
    expect(state).toBe(Replan_State.PROPOSED);
    expect(moves.map(({ course }) => course).toSorted()).toEqual(affected().toSorted());
    expect(moves.length).toBeGreaterThanOrEqual(8);
    const categories = moves.map(({ interruptionCategory }) => interruptionCategory);
    expect(categories).toEqual(categories.toSorted());
    expect(new Set(categories)).toEqual(new Set([1, 2, 3]));
    expect(new Set(moves.map(({ outcome }) => outcome))).toEqual(new Set([PLANNED]));
  });

  test("nothing moves before a physicist and a clinician approve", async () => {
    expect((await read()).map(out.timesOf)).toEqual(before.map(out.timesOf));
    await out.approve(running.hub, proposal.name, "physicist");
    await play.quiet();
    expect((await read()).map(out.timesOf)).toEqual(before.map(out.timesOf));
  });

  test("then every course has all its sessions, none in the outage, and none on another's", async () => {
    await out.approve(running.hub, proposal.name, "clinician");
    const { moves } = await out.untilApplied(running.hub, proposal.name);
    expect(new Set(moves.map(({ outcome }) => outcome))).toEqual(new Set([MOVED]));
    for (const { interruptionCategory, prolongationDays } of moves)
      expect(prolongationDays).toBeLessThan(2 * interruptionCategory);
    expect(moves.some(({ compensations }) => compensations > 0)).toBe(true);
    const after = await read();
    const moved = new Set(affected());
    for (const [index, course] of after.entries()) {
      const { name, sessions } = course;
      const numbers = sessions.map(({ number }) => number);
      expect({ name, numbers }).toEqual({ name, numbers: [1, 2, 3, 4, 5, 6, 7, 8] });
      expect(out.usesInOutage(course)).toEqual([]);
      if (!moved.has(name)) expect(course).toEqual(before[index]);
    }
    expect(out.overlapsOf(after)).toEqual([]);
  });

  test("each ministry hears of its own patients, in its feed and its stream, and nobody else of any", async () => {
    await play.quiet();
    const moved = new Set(affected());
    const names = ["courseDisplaced", "courseMoved"];
    for (const [index, identity] of listeners.entries()) {
      const own = index === 0 ? moved : out.coursesOf(running.foreign, identity);
      const told = [...own.intersection(moved)].flatMap((course) =>
        names.map((name) => `${course} ${name}`),
      );
      const heard = await ears.heardBy(watches[index], told.length);
      expect({ identity, heard }).toEqual({ identity, heard: told.toSorted() });
      if (!ministries.includes(identity)) continue;
      const feed = await ears.toldInFeed(play.partnerOf(identity), names);
      expect({ identity, feed }).toEqual({ identity, feed: told.toSorted() });
    }
    const foreign = running.foreign.filter(({ course }) => moved.has(course));
    expect(new Set(foreign.map(({ ministry }) => ministry.identity)).size).toBe(2);
    await Promise.all(watches.map(({ close }) => close()));
  });
});

describe("an intensive care unit fills", () => {
  let hub: Partner;
  let early: Course;
  let filled: Awaited<ReturnType<typeof unit.fill>>;
  let emergency: Course;
  let waiting: Case;
  let watching: ears.Watching;

  beforeAll(async () => {
    hub = play.partnerOf("hub/umc-heart");
    early = await unit.operate(hub, "01-29");
    const days = ["02-09", "02-09", "02-10", "02-10", "02-11", "02-12"];
    filled = await unit.fill(hub, days);
    waiting = await play.cases.refer("01-");
    await play.cases.accept(waiting, unit.operationOn("02-12"));
    emergency = await unit.operate(hub, "02-11", CoursePriority.EMERGENCY);
    watching = await ears.watch(hub);
  });

  test("operations are booked until the bound refuses one and says the probability", () => {
    expect(filled.booked).toHaveLength(5);
    expect(filled.refusal.metadata).toMatchObject({
      kind: "OVERFLOW_RISK",
      resource: "hubs/umc-heart/pools/paediatric-intensive-care",
      overflow_bound_ppm: "50000",
    });
    // On 12 February: who was operated two weeks, three days, two days and one day before, and on the day itself.
    const after = unit.presentAfter;
    const present = [after[14], after[3], after[3], after[2], after[2], after[1], after[0]];
    const probability = Number(filled.refusal.metadata.overflow_probability_ppm);
    expect(probability / 1e6).toBeCloseTo(unit.probabilityOf(6, present), 5);
  });

  test("an emergency has the bed that is kept for it, and a referred child waits", async () => {
    expect(emergency.firstDate).toMatchObject({ month: 2, day: 11 });
    expect(await play.cases.stateOf(waiting)).toBe(CareState.WAITLISTED);
  });

  test("a child who stays longer names the shortage and whom to put off, in order", async () => {
    await play.moveTo("2026-01-30T06:00:00Z");
    await unit.admit(hub, early, "01-29");
    await unit.extendTo(hub, early, "02-11");
    const shortfall = await until(() => ears.shortfallOf(watching), { what: "a shortage" });
    expect(shortfall.dates.map(({ day }) => day)).toEqual([11]);
    const byLastBooked = filled.booked.map(({ name }) => name).toReversed();
    expect(shortfall.displacedCourses).toEqual([...byLastBooked, emergency.name]);
  });

  test("the first of them is put off, by when is told, and the child who waits has a bed when one is free", async () => {
    const [first, , third] = filled.booked.toReversed();
    if (first === undefined || third === undefined) throw new Error("five were booked");
    const moved = await unit.putOff(hub, first);
    expect(moved.firstDate).toMatchObject({ month: 2, day: 16 });
    const rebookByDate = { month: 2, day: 25 };
    const told = { case: "sessionPostponed", value: { number: 1, rebookByDate } };
    const postponed = await until(() => ears.toldBy(watching, told.case), { what: told.case });
    expect(postponed).toMatchObject({ course: first.name, event: told });
    await watching.close();
    await unit.extendTo(hub, early, "02-01");
    await play.quiet();
    expect(await play.cases.stateOf(waiting)).toBe(CareState.WAITLISTED);
    await unit.giveUp(hub, third);
    await play.cases.reach(waiting, CareState.HELD);
    const [course] = await readCourses(hub, [waiting.course]);
    expect(course?.firstDate).toMatchObject({ month: 2, day: 12 });
    expect(course?.overflowProbabilityPpm).toBeLessThanOrEqual(50_000);
  });
});

describe("a week is withdrawn", () => {
  let hub: Partner;
  let booked: Awaited<ReturnType<typeof week.bookWeeks>>;

  beforeAll(async () => {
    hub = play.partnerOf("hub/story-rooms");
    booked = await week.bookWeeks(hub);
  });

  test("the week that disturbs least is named, closed, and its courses are re-planned or told why not", async () => {
    const window = await week.proposeWeek(hub);
    const all = [...Object.values(booked)].flat();
    expect(window).toMatchObject({ startTime: localTime("02-14"), endTime: localTime("02-21") });
    const counts = week.possibleWeeks().map((span) => week.sessionsIn(all, span));
    expect(window.sessionCount).toBe(Math.min(...counts));
    expect(window.sessionCount).toBe(week.sessionsIn(all, window));
    const proposal = await week.closeAll(hub, window);
    const { weekly, strict, limited, once } = booked;
    expect(week.outcomesOf(proposal)).toEqual({
      [weekly.name]: PLANNED,
      [strict.name]: NO_WAY,
      [limited.name]: BEYOND_LIMIT,
      [once.name]: PLANNED,
    });
    await out.approve(hub, proposal.name, "clinician");
    await out.approve(hub, proposal.name, "physicist");
    const applied = await out.untilApplied(hub, proposal.name);
    const moved = applied.moves.filter(({ outcome }) => outcome === MOVED);
    expect(moved.map(({ course }) => course).toSorted()).toEqual(
      [weekly.name, once.name].toSorted(),
    );
    // Of each the fewest appointments: the one that fell into the week.
    expect(moved.map(({ changes }) => changes.length)).toEqual([1, 1]);
    const after = await readCourses(hub, [weekly.name, once.name]);
    expect(week.sessionsIn(after, window)).toBe(0);
    expect(after.map(({ sessions }) => sessions.length).toSorted()).toEqual([1, 4]);
  });

  test("nobody new comes into it", async () => {
    const refusal = await unit.refusalOf(hold(hub, week.planOf("once", "02-19", 1)));
    expect(refusal?.reason).toBe("HUB_CLOSED");
  });

  test("a closure that is withdrawn opens the hub again", async () => {
    const span = { startTime: localTime("03-16"), endTime: localTime("03-21") };
    const { name } = await week.closeAll(hub, span);
    const plan = week.planOf("once", "03-17", 1);
    expect((await unit.refusalOf(hold(hub, plan)))?.reason).toBe("HUB_CLOSED");
    await hub.disruptions.withdrawReplan({ name, ...as("capacity-planner") });
    expect((await hold(hub, plan)).firstDate).toMatchObject({ month: 3, day: 17 });
  });
});

describe("twelve patients need four places", () => {
  let all: readonly Case[];
  const at = (...indexes: number[]) => indexes.map((index) => all[index] as Case);
  const states = () => Promise.all(all.map(play.cases.stateOf));

  beforeAll(async () => {
    all = await askForPlaces(play);
  });

  test("four are held, eight wait, each told what would help", async () => {
    const { HELD, WAITLISTED } = CareState;
    expect(await states()).toEqual([...Array(4).fill(HELD), ...Array(8).fill(WAITLISTED)]);
    for (const each of all.slice(4)) {
      const [course] = await readCourses(each.hub, [each.course]);
      expect(course?.unavailable).toMatchObject({ waitlisted: true, openings: [{}] });
    }
  });

  test("what comes free goes to the urgent before the routine, then by time, to each once", async () => {
    const [cancelled, lapses, ...guaranteed] = at(0, 1, 2, 3);
    const [urgent, second, third] = at(5, 7, 9);
    if (!(cancelled && lapses && urgent && second && third)) throw new Error("there are twelve");
    for (const each of guaranteed) await play.cases.guarantee(each);
    await play.cases.cancel(cancelled);
    await play.cases.reach(urgent, CareState.HELD);
    const { progress } = await play.cases.read(urgent);
    expect(progress?.answerBy?.date).toMatchObject({ month: 2, day: 6 });
    await play.cases.guarantee(urgent);
    // Its ministry does not answer: past the release time the place is another's.
    await play.moveTo((await play.cases.releaseOf(lapses)).add({ minutes: 1 }).toString());
    await play.cases.reach(lapses, CareState.EXPIRED);
    await play.cases.reach(second, CareState.HELD);
    expect(await play.cases.stateOf(third)).toBe(CareState.WAITLISTED);
    await grantFor(third.hub, third);
    await play.cases.reach(third, CareState.HELD);
    await play.quiet();
    const { HELD, BOOKED, WAITLISTED, CANCELLED, EXPIRED } = CareState;
    expect(await states()).toEqual([
      ...[CANCELLED, EXPIRED, BOOKED, BOOKED],
      ...[WAITLISTED, BOOKED, WAITLISTED, HELD, WAITLISTED, HELD, WAITLISTED, WAITLISTED],
    ]);
  });

  test("of the routine the first who came gets the next place", async () => {
    const [second, first] = at(7, 4);
    if (!(second && first)) throw new Error("there are twelve");
    await play.cases.cancel(second);
    await play.cases.reach(first, CareState.HELD);
    await play.quiet();
    const held = await ears.toldInFeed(play.partnerOf("ministry/UZ"), ["courseHeld"]);
    const counts = all.map(({ course }) => held.filter((told) => told.startsWith(course)).length);
    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0]);
  });
});

test("verify-course accepts every course of these stories, asked for by its hub", async () => {
  const hubs = ["astana-proton", "umc-heart", "story-rooms", "astana-oncology"];
  for (const name of hubs) {
    const { code, output } = await verifyAll(play.stage.platform, `hub/${name}`);
    expect({ name, code, output }).toMatchObject({ code: 0 });
  }
});

test("the checker of invariants finds nothing", async () => {
  const report = await play.check();
  expect(report.violationCount, writeReport(report)).toBe(0);
});
