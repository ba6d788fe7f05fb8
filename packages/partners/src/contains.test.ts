import { expect, test } from "vitest";
import { contains } from "./contains.ts";

const found = {
  reason: "GAP_TOO_LONG",
  blockers: [{ kind: "GAP_RULE", number: 6 }, { number: 16 }],
};

test.each([
  [{}, true],
  [{ reason: "GAP_TOO_LONG" }, true],
  [{ reason: "NO_BED" }, false],
  [{ reason: "GAP_*" }, true],
  [{ reason: "NO_*" }, false],
  [{ blockers: [{}] }, true],
  [{ blockers: [{ number: 6 }, { number: 16 }] }, true],
  [{ blockers: [{ number: 16 }, { number: 6 }] }, false],
  [{ blockers: [{}, {}, {}] }, false],
  [{ openings: [{}] }, false],
  [{ reason: { code: "GAP_TOO_LONG" } }, false],
])("looks for %j", (expected, isThere) => {
  expect(contains(found, expected)).toBe(isThere);
});
