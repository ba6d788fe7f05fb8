import { expect, test } from "vitest";
import { canonicalText, hashOf } from "./canonical.ts";
import { checkCourse } from "./check.ts";
import { aDocument, aHub, aSession, written } from "./example.builder.ts";
import { move, part } from "./mutate.builder.ts";
import { mutations } from "./mutations.builder.ts";
import { rules } from "./violation.ts";

const rulesOf = (violations: readonly { readonly rule: string }[]) =>
  violations.map(({ rule }) => rule);

test("accepts a course that keeps every rule", () => {
  const { text, hash } = written();
  expect(checkCourse(text, hash, aHub())).toEqual([]);
});

test.each(mutations)("rejects $name by $rule", ({ rule, change, hub, hash }) => {
  const course = written(change);
  expect(rulesOf(checkCourse(course.text, hash ?? course.hash, aHub(hub)))).toContain(rule);
});

test("breaks every rule of a single course once", () => {
  const together = ["COURSE", "DOUBLE_BOOKING", "BEDS_FULL", "BEDS_RESERVED", "BEAM_FULL"];
  const broken = new Set<string>([...mutations.map(({ rule }) => rule), ...together]);
  expect(rules.filter((rule) => !broken.has(rule))).toEqual([]);
});

test("rejects the same members in another order, and what is no JSON", () => {
  const text = JSON.stringify(aDocument());
  expect(text).not.toBe(canonicalText(aDocument()));
  expect(rulesOf(checkCourse(text, hashOf(text), aHub()))).toEqual(["FORM"]);
  expect(rulesOf(checkCourse("{", hashOf("{"), aHub()))).toEqual(["FORM"]);
});

// The tenth session on the day of the ninth, as one more, so many hours after it.
function twiceOnFriday(hoursApart: number) {
  return written((document) => {
    const session = aSession(10, 13);
    document.sessions[9] = { ...session, compensation: "SAME_DAY" };
    move(10, hoursApart * 60)(document);
    document.overall_days = 12;
    document.prolongation_days = 0;
    document.under_anaesthesia = false;
    for (const each of document.sessions) {
      each.resources = each.resources.filter(({ resource }) => resource.includes("room"));
      each.end_time = part(each.resources[0]).end_time;
    }
    move(10, 0)(document);
  });
}

test("accepts one session more on a day, the same-day gap apart, and none nearer", () => {
  const { text, hash } = twiceOnFriday(7);
  expect(checkCourse(text, hash, aHub())).toEqual([]);
  const near = twiceOnFriday(6);
  expect(rulesOf(checkCourse(near.text, near.hash, aHub()))).toEqual(["GAP_TOO_SHORT"]);
});

test("lets a course change between mirrored rooms", () => {
  const { text, hash } = written((document) => {
    const session = part(document.sessions[3]);
    session.site = "hubs/test/resources/room-2";
    part(session.resources[1]).resource = session.site;
  });
  expect(checkCourse(text, hash, aHub())).toEqual([]);
});
