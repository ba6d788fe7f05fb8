import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("lets so many run at once and no more, in the order of coming, also after one failed", async () => {
  const inTurn = createTurns(3);
  const started: number[] = [];
  let [running, most] = [0, 0];
  const work = async (index: number) => {
    started.push(index);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
    if (index % 2 === 0) throw new Error("an even one fails");
    return index;
  };
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  const ends = await Promise.allSettled(all.map((index) => inTurn(() => work(index))));
  expect(ends.map(({ status }) => status === "fulfilled")).toEqual(all.map((at) => at % 2 === 1));
  expect(started).toEqual(all);
  expect(most).toBe(3);
  // All turns came back: three start without waiting again.
  await Promise.allSettled(all.slice(0, 3).map((index) => inTurn(() => work(index))));
  expect(started).toHaveLength(11);
});
