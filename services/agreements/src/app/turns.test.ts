import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("a burst takes its turns in the order of coming, and a failure hands its turn on", async () => {
  const { run } = createTurns(3);
  const log: string[] = [];
  let inside = 0;
  const visits = Array.from({ length: 9 }, (_, index) =>
    run(async () => {
      inside += 1;
      log.push(`${index} of ${inside}`);
      await Promise.resolve();
      inside -= 1;
      if (index % 4 === 0) throw new Error(`visit ${index}`);
      return index;
    }),
  );
  const ends = await Promise.allSettled(visits);
  expect(ends.map(({ status }) => status === "fulfilled")).toEqual(
    ends.map((_, index) => index % 4 !== 0),
  );
  expect(log.map((line) => line.charAt(0))).toEqual([..."012345678"]);
  expect(log.every((line) => Number(line.at(-1)) <= 3)).toBe(true);
  await expect(run(async () => "free again")).resolves.toBe("free again");
});
