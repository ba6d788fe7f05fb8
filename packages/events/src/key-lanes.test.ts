import { expect, test } from "vitest";
import { createKeyLanes } from "./key-lanes.ts";

test("keeps the order of each key and never runs two works of a key at once", async () => {
  const lanes = createKeyLanes(4);
  const done = new Map<string, number[]>();
  const busy = new Set<string>();
  for (let at = 0; at < 300; at += 1) {
    const key = `key-${at % 7}`;
    lanes.add(key, async () => {
      expect(busy.has(key)).toBe(false);
      busy.add(key);
      await new Promise((resolve) => setImmediate(resolve));
      busy.delete(key);
      done.set(key, [...(done.get(key) ?? []), at]);
    });
  }
  await lanes.idle();
  for (const places of done.values()) expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect([...done.values()].flat()).toHaveLength(300);
});

test("runs no more keys at once than it may", async () => {
  const lanes = createKeyLanes(3);
  let running = 0;
  let most = 0;
  for (let at = 0; at < 20; at += 1) {
    lanes.add(`key-${at}`, async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    });
  }
  await lanes.idle();
  expect(most).toBe(3);
});

test("lets other keys go on while one is held up", async () => {
  const lanes = createKeyLanes(2);
  const held = Promise.withResolvers<void>();
  const done: string[] = [];
  lanes.add("held", () => held.promise);
  for (const key of ["a", "b", "c"]) {
    lanes.add(key, async () => {
      done.push(key);
    });
  }
  await expect.poll(() => done).toEqual(["a", "b", "c"]);
  held.resolve();
  await lanes.idle();
});
