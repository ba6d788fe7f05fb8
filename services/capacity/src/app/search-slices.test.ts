import { expect, test } from "vitest";
import { refusalOf } from "../capacity.builder.ts";
import { searchInSlices, searchTooLong } from "./search-slices.ts";

const minuteMs = 60_000;

/** A search that has work for so many slices, of which each does one. */
function aSearch(slices: number) {
  const limits: number[] = [];
  return {
    limits,
    search: (limitMs: number) => {
      limits.push(limitMs);
      if (limits.length < slices) throw searchTooLong(limitMs);
      return "found";
    },
    workedOut: () => limits.length,
  };
}

test("the first search over times that nobody asked for is answered, however many slices it takes", async () => {
  const cold = aSearch(6);
  expect(await searchInSlices(cold, minuteMs)).toBe("found");
  expect(cold.limits).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
});

test("others have their turn between the slices", async () => {
  const cold = aSearch(3);
  const seen: number[] = [];
  setImmediate(() => seen.push(cold.limits.length));
  await searchInSlices(cold, minuteMs);
  expect(seen).toEqual([1]);
});

test("a search that has no time left, or got no further in a full slice, is too long", async () => {
  const late = aSearch(3);
  expect((await refusalOf(searchInSlices(late, 0)))?.reason).toBe("SEARCH_TOO_LONG");
  expect(late.limits).toHaveLength(1);
  const hopeless = { ...aSearch(100), workedOut: () => 7 };
  expect((await refusalOf(searchInSlices(hopeless, minuteMs)))?.reason).toBe("SEARCH_TOO_LONG");
  expect(hopeless.limits).toEqual([250, 500, 1_000, 2_000]);
});

test("what else goes wrong is told at once", async () => {
  let searches = 0;
  const broken = {
    search: () => {
      searches += 1;
      throw new Error("broken");
    },
    workedOut: () => searches,
  };
  await expect(searchInSlices(broken, minuteMs)).rejects.toThrow("broken");
  expect(searches).toBe(1);
});
