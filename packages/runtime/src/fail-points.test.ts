import { expect, test } from "vitest";
import { createFailPoints } from "./fail-points.ts";

const sandbox = { CAREHUB_ENVIRONMENT: "sandbox" };
const place = "relay.after-send";

function pass(environment: Record<string, string>, times: number): number[] {
  const killed: number[] = [];
  let passing = 0;
  const passFailPoint = createFailPoints(environment, () => killed.push(passing));
  for (passing = 1; passing <= times; passing += 1) passFailPoint(place);
  return killed;
}

test("kills at the first passing of the place that is named", () => {
  expect(pass({ ...sandbox, CAREHUB_FAILPOINT: `${place}:kill` }, 3)).toEqual([1]);
});

test("kills at the passing that is counted, and never again", () => {
  expect(pass({ ...sandbox, CAREHUB_FAILPOINT: `${place}:kill@2` }, 4)).toEqual([2]);
});

test("does nothing where nothing is asked, nor outside of a sandbox", () => {
  expect(pass(sandbox, 3)).toEqual([]);
  expect(pass({ CAREHUB_FAILPOINT: `${place}:kill` }, 3)).toEqual([]);
  expect(
    pass({ CAREHUB_FAILPOINT: `${place}:kill`, CAREHUB_ENVIRONMENT: "production" }, 3),
  ).toEqual([]);
});

test.each([`${place}`, "relay.nowhere:kill", `${place}:kill@0`, `${place}:sleep`])(
  "refuses %s, which no place answers to",
  (asked) => {
    expect(() => pass({ ...sandbox, CAREHUB_FAILPOINT: asked }, 1)).toThrow("CAREHUB_FAILPOINT");
  },
);
