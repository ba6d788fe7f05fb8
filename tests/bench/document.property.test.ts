import fc from "fast-check";
import { expect, test } from "vitest";
import { replaceBetween } from "./document.ts";

const text = fc.string().filter((each) => !each.includes("<!--"));

test("only what stands between the markers of a suite changes, and writing twice is writing once", () => {
  fc.assert(
    fc.property(text, text, text, text, (before, old, after, fresh) => {
      const page = (middle: string) =>
        `${before}<!-- begin rpc -->\n${middle}\n<!-- end rpc -->${after}`;
      const once = replaceBetween(page(old), "rpc", fresh);
      expect(once).toBe(page(fresh.trim()));
      expect(replaceBetween(once, "rpc", fresh)).toBe(once);
    }),
    { seed: 20_261_122 },
  );
  expect(() => replaceBetween("no markers", "rpc", "")).toThrow("has no");
});
