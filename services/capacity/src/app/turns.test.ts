import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("runs no more at once than allowed, in the order of coming, also after a failure", async () => {
  const turns = createTurns(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = (index: number) =>
    turns.run(async () => {
      started.push(index);
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (index === 1) throw new Error("one fails");
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
  expect(results.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
  expect(turns.running()).toBe(0);
});
