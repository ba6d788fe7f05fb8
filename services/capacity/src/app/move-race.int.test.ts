import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { aPublishedHub, holdOwn, openTestCapacity } from "../capacity.builder.ts";
import { aPlan, aResource, aTemplate, dailyRules } from "../domain/hub.builder.ts";
import { readCourse } from "../storage/course-store.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";
import { releaseCourse } from "./course-commands.ts";
import { day, move, onCourse } from "./move.builder.ts";

const { deps, db, close } = await openTestCapacity();
afterAll(close);

const rounds = 200;
const weekDays = 7;

type Order = "together" | "last first" | "one by one";
const orders: readonly Order[] = ["together", "last first", "together", "one by one"];

/** Settles two asks that are begun in that order; the last alone before the first where they come one by one. */
async function settleInOrder(asks: readonly (() => Promise<unknown>)[], order: Order) {
  const turned = order === "together" ? asks : asks.toReversed();
  const begun: Promise<PromiseSettledResult<unknown>[]>[] = [];
  for (const ask of turned) {
    begun.push(Promise.allSettled([ask()]));
    if (order === "one by one") await begun.at(-1);
  }
  const settled = (await Promise.all(begun)).flat();
  return order === "together" ? settled : settled.toReversed();
}

test("never leaves a moved course without a place, whoever holds at the same time: 200 rounds", async () => {
  const hub = await aPublishedHub(deps, {
    worksOnPublicHolidays: true,
    resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
    pools: [{ id: "ward", kind: "BED", capacity: 1, serves: [] }],
    templates: [
      aTemplate({
        rules: { ...dailyRules, maxGapHours: 24 },
        stays: [{ id: "ward", pool: "ward", fromDay: 0, days: 1 }],
      }),
    ],
  });
  const monday = day("2026-02-02");
  const on = (from: Temporal.PlainDate, to = from) => ({
    ...aPlan("", { readyDate: from, dueDate: to }),
    phases: [{ phase: "main", sessionCount: 2 }],
    template: hub.template("visit"),
  });
  const tally = { moved: 0, kept: 0, held: 0, refused: 0 };
  // Each round has the days of a week that no other has: Monday and Tuesday its own, Wednesday to Friday wanted by all.
  const runRound = async (round: number) => {
    const own = monday.add({ days: (round % 40) * weekDays });
    const id = await holdOwn(deps, hub, on(own));
    const wanted = own.add({ days: 1 });
    // The rival would take the place that the course has as well, were it free for a moment.
    const rival = on(own, own.add({ days: 3 }));
    const window = { from: wanted.toString(), to: own.add({ days: 2 }).toString() };
    const asked = [() => move(deps, { hub, id }, window), () => holdOwn(deps, hub, rival)];
    const [moved, held] = await settleInOrder(asked, orders[round % orders.length] ?? "together");
    const course = (await readCourse(db, id))?.course;
    expect(course?.state).toBe("HELD");
    const starts = course?.hold?.firstDate.toString();
    if (moved?.status === "fulfilled") {
      tally.moved += 1;
      expect([wanted.toString(), own.add({ days: 2 }).toString()]).toContain(starts);
    } else {
      tally.kept += 1;
      expect(moved?.reason).toMatchObject({
        reason: expect.stringMatching("TIME_TAKEN|POOL_FULL"),
      });
      expect(starts).toBe(own.toString());
    }
    const took = held?.status === "fulfilled" ? [held.value as Uuid] : [];
    tally.held += took.length;
    tally.refused += 1 - took.length;
    // For the next round of the same week.
    for (const kept of [id, ...took]) await giveBackAll(kept);
  };
  const giveBackAll = (id: Uuid) => releaseCourse(deps, { ...onCourse(hub, id), reason: "OTHER" });
  for (let round = 0; round < rounds; round += 40) {
    await Promise.all(Array.from({ length: 40 }, (_, index) => runRound(round + index)));
    expect(await brokenInvariants(db)).toEqual({});
  }
  expect(tally.moved + tally.kept).toBe(rounds);
  expect(tally.moved).toBeGreaterThan(0);
  expect(tally.kept).toBeGreaterThan(0);
  expect(tally.held).toBeGreaterThan(0);
  expect(await countedDeadlocks(db)).toBe(0);
}, 90_000);

test("lets two courses that want each other's time move one after the other, and never both lose", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
    pools: [],
    templates: [aTemplate()],
  });
  const on = (date: string) => ({
    ...aPlan("", { readyDate: day(date), dueDate: day(date) }),
    template: hub.template("visit"),
  });
  const [monday, tuesday] = ["2026-02-02", "2026-02-03"] as const;
  const one = await holdOwn(deps, hub, on(monday));
  const other = await holdOwn(deps, hub, on(tuesday));
  const outcomes = await Promise.allSettled([
    move(deps, { hub, id: one }, { from: tuesday }),
    move(deps, { hub, id: other }, { from: monday }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  for (const id of [one, other]) {
    expect((await readCourse(db, id))?.course.state).toBe("HELD");
  }
  await move(deps, { hub, id: one }, { from: tuesday, to: "2026-02-04" });
  await move(deps, { hub, id: other }, { from: monday });
  expect(await brokenInvariants(db)).toEqual({});
});
