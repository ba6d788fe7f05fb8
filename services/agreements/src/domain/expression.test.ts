import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { someFacts } from "./agreement.builder.ts";
import { compileCondition } from "./expression.ts";

const refusal = (text: string) => {
  try {
    compileCondition(text);
  } catch (error) {
    if (error instanceof DomainError) return error.metadata;
    throw error;
  }
  return undefined;
};

test("an empty condition always holds", () => {
  expect(compileCondition(" ").evaluate({})).toEqual({ holds: true, blocking: [] });
});

test("a condition that holds names no fact in its way", () => {
  const condition = compileCondition('citizenship == "UZ" && age_years < 18');
  expect(condition.evaluate(someFacts())).toEqual({ holds: true, blocking: [] });
});

test("a condition that fails names only the facts of the conjuncts that fail", () => {
  const condition = compileCondition(
    'citizenship == "UZ" && age_years < 18 && companion_count > 0',
  );
  expect(condition.evaluate(someFacts({ age_years: 40 }))).toEqual({
    holds: false,
    blocking: ["age_years"],
  });
});

test("a condition on a missing fact cannot be told, and names it", () => {
  const { residence_region: _, ...facts } = someFacts();
  const condition = compileCondition('residence_region == "UZ-QR"');
  expect(condition.evaluate(facts)).toEqual({ holds: undefined, blocking: ["residence_region"] });
});

test("a condition that fails whatever the missing fact is does not hold", () => {
  const condition = compileCondition('residence_region == "UZ-QR" && age_years < 5');
  expect(condition.evaluate({ age_years: 6 }).holds).toBe(false);
});

test("a missing fact does no harm where the other side of an or decides", () => {
  const condition = compileCondition('residence_region == "UZ-QR" || age_years < 18');
  expect(condition.evaluate({ age_years: 6 }).holds).toBe(true);
});

test("lists, prefixes and choices are understood", () => {
  const text =
    'priority in ["URGENT", "EMERGENCY"] || (diagnosis_code.startsWith("Q2") ? !(age_years >= 18) : false)';
  expect(compileCondition(text).evaluate(someFacts()).holds).toBe(true);
  expect(compileCondition(text).evaluate(someFacts({ age_years: 18 })).holds).toBe(false);
});

test("dates compare as they read", () => {
  const condition = compileCondition('referral_date >= "2026-02-01"');
  expect(condition.evaluate(someFacts()).holds).toBe(true);
});

test.each([
  ["age_years &&", "column", /^\d+$/],
  ["ages < 18", "fault", /no fact is named ages/],
  ["citizenship < 18", "fault", /_<_ does not take \(string, int\)/],
  ['citizenship == "UZ" && age_years', "fault", /_&&_ does not take \(bool, int\)/],
  ["age_years", "fault", /of type int, not bool/],
  ['citizenship.matches("(a+)+$")', "fault", /matches cannot be used/],
  ["[1, 2].exists(x, x == age_years)", "fault", /only facts, constants, lists/],
  ["age_years in []", "fault", /a list holds/],
  ["1.5 < 2.0", "fault", /a constant is/],
  ["has(citizenship.code)", "fault", /only facts, constants, lists/],
])("refuses %s when it is compiled", (text, key, expected) => {
  expect(refusal(text)?.[key]).toMatch(expected);
});

test("says at which column the fault is", () => {
  expect(refusal('citizenship == "UZ" && ages < 18')?.column).toBe("24");
});

test("refuses what is too large or too deep to be bounded", () => {
  expect(refusal(Array(80).fill("age_years < 18").join(" || "))?.fault).toMatch(/200 nodes|deeper/);
  const deep = `${"(age_years < 1 ? ".repeat(35)}true${" : false)".repeat(35)}`;
  expect(refusal(deep)?.fault).toMatch(/deeper/);
});
