import { expect, test } from "vitest";
import { checkCourse } from "./check.ts";
import { aHub, aTemplate, at, type Document, onDay, written } from "./example.builder.ts";
import { move, part, set } from "./mutate.builder.ts";

/*
 * The first four sessions took place; the fifth was missed on Friday the 6th, and what is left begins on Monday, a day
 * later each: the last one is on Tuesday the 17th.
 */
const hub = aHub({
  templates: [aTemplate({ prolongationDaysMax: 4 })],
  // What took place is not asked again.
  closures: [
    { ...onDay(3), kind: 3, reason: "flood" },
    { ...onDay(11), kind: 2, reason: "service" },
  ],
});

const begun = {
  sessions: 4,
  first_start_time: at(2, 9, 5),
  last_end_time: at(5, 11, 20),
  last_site: "hubs/test/resources/room-1",
};

function interrupted(
  change: (document: Document & { begun: typeof begun }) => void = () => undefined,
) {
  const { text, hash } = written((document) => {
    set("rules.prolongation_days_max", 4)(document);
    document.start_between = ["2026-02-09", "2026-02-10"];
    const days = [9, 10, 12, 13, 16, 17];
    for (const [index, day] of days.entries()) {
      const session = part(document.sessions[4 + index]);
      const planned = Temporal.Instant.from(session.start_time).add({ hours: 5 });
      move(5 + index, (day - planned.toZonedDateTimeISO("UTC").day) * 1440)(document);
      session.number = 6 + index;
      session.compensation = "";
    }
    document.overall_days = 16;
    document.prolongation_days = 4;
    change(Object.assign(document, { begun: { ...begun } }));
  });
  return checkCourse(text, hash, hub).map(({ rule }) => rule);
}

test("accepts the rest of a treatment after a missed session, and what took place as it is", () => {
  expect(interrupted()).toEqual([]);
});

test.each<[string, string, (document: Document & { begun: typeof begun }) => void]>([
  [
    "says nothing of having begun",
    "SESSION_NUMBER",
    (it) => void Reflect.deleteProperty(it, "begun"),
  ],
  ["gives a missed number again", "SESSION_NUMBER", set("sessions.4.number", 4)],
  ["begins before its window", "START_BETWEEN", set("start_between.0", "2026-02-10")],
  ["goes on at once", "GAP_TOO_SHORT", set("begun.last_end_time", at(9, 8))],
  ["goes on elsewhere", "SITE", set("begun.last_site", "hubs/test/resources/room-3")],
  ["goes on at another time of day", "TIME_OF_DAY", set("begun.first_start_time", at(2, 11))],
  ["goes on when the hub is closed", "CLOSURE", move(7, -1440)],
  ["has nothing left", "SESSION_NUMBER", set("begun.sessions", 10)],
  ["has beds of another template", "STAYS", set("stays.0.stay", "hotel")],
])("rejects a rest that %s by %s", (_, rule, change) => {
  expect(interrupted(change)).toContain(rule);
});

test("lets an accepted prolongation be longer than the template says, and no other", () => {
  const late = (document: Document) => {
    set("prolongation_days", 5)(document);
    set("overall_days", 17)(document);
    move(10, 1440)(document);
  };
  expect(interrupted(late)).toEqual(["PROLONGATION_LIMIT"]);
  const accepted = { override: { prolongation_accepted: true } };
  expect(interrupted((it) => late(Object.assign(it, accepted)))).toEqual([]);
  // What two persons opened at the hub is no rule of the template.
  const opened = { override: { name: "hubs/test/overrides/one" } };
  const rules = interrupted((it) => late(Object.assign(it, opened)));
  expect(rules.toSorted()).toEqual(["OVERRIDE", "PROLONGATION_LIMIT"]);
});
