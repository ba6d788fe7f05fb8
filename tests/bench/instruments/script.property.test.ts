import fc from "fast-check";
import { expect, test } from "vitest";
import { toStatements, type Vary } from "./script.ts";

const vary: Vary = { terms: new Map([["hubs/one", "(:hub)"]]), start: 29_470_260 };
const script = (values: readonly unknown[], sql = "select $1") =>
  toStatements([{ name: "a", sql, values }], vary);

test("pgbench finds no variable in a recorded text, and the text is as it was", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const [statement = ""] = script([text]);
      const literal = statement.slice("select ".length, -1);
      expect(literal).not.toMatch(/:[A-Za-z_]/);
      expect(readLiteral(literal)).toBe(text);
    }),
    { seed: 20_261_122 },
  );
});

test("names become what stands for them, minutes are counted from the start, the rest stays", () => {
  const values = ["hubs/one", 29_470_290, [29_470_260, 7], [], null];
  expect(script(values, "select $1, $2, $3, $4, $5")).toEqual([
    "select (:hub), (:start + 30), array[(:start + 0), '7'], '{}', null;",
  ]);
});

test("a comment in a recorded statement hides nothing of it", () => {
  expect(script([7], "select $1 -- why\n  from a\n  -- and so\n")).toEqual(["select '7' from a;"]);
});

// As PostgreSQL reads a text between quotes, with E before it and without.
function readLiteral(literal: string): string {
  const quoted = literal.slice(literal.indexOf("'") + 1, -1).replaceAll("''", "'");
  if (!literal.startsWith("E")) return quoted;
  return quoted.replaceAll(/\\(x3a|\\)/g, (_, what) => (what === "x3a" ? ":" : "\\"));
}
