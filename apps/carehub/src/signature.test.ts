import { expect, test } from "vitest";
import { signature } from "./signature.ts";

const id = "018f0000-0000-7000-8000-000000000001";

test("a command of many calls has the same ids when it is given again with its id", () => {
  const values = { "request-id": [id], actor: ["n-1"], "actor-role": ["nurse"] };
  const first = [0, 1, 2].map((call) => signature(values, call).requestId);
  expect(first[0]).toBe(id);
  expect(new Set(first).size).toBe(3);
  for (const each of first) {
    expect(each).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  }
  expect([0, 1, 2].map((call) => signature(values, call).requestId)).toEqual(first);
  expect(signature(values).actor).toEqual({ reference: "n-1", role: "nurse" });
});
