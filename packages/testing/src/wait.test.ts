import { expect, test } from "vitest";
import { until } from "./wait.ts";

test("answers what the condition answers as soon as that is true", async () => {
  let looks = 0;
  const seen = await until(() => (++looks === 3 ? { looks } : undefined), {
    what: "a third look",
    everyMs: 1,
  });
  expect(seen).toEqual({ looks: 3 });
});

test("looks again after a throw", async () => {
  let looks = 0;
  const flaky = (): true => {
    looks += 1;
    if (looks < 3) throw new Error("not yet");
    return true;
  };
  expect(await until(flaky, { what: "a calm moment", everyMs: 1 })).toBe(true);
});

test("names what it waited for, and the last throw, when the limit has passed", async () => {
  const never = (): never => {
    throw new Error("connection refused");
  };
  await expect(until(never, { what: "the broker", limitMs: 5, everyMs: 1 })).rejects.toThrow(
    "waited 5 ms in vain for the broker: connection refused",
  );
});
