import { expect, test } from "vitest";
import { certificateDocument } from "../domain/certificate.ts";
import { createDemand, type Demand, type TimedHub } from "../domain/demand.ts";
import { holdParts } from "../domain/hold.ts";
import { aPlan, testNow } from "../domain/hub.builder.ts";
import type { ExceptionalOpening } from "../domain/hub.ts";
import { planCourse } from "../domain/planner.ts";
import { explainRefusal, widened } from "../domain/refusal.ts";
import { nameRefusal } from "../domain/unavailable.ts";
import { checkCourse } from "./course-checker.builder.ts";
import { anExampleHub, asExceptionalOpenings, closedTimes } from "./example-hub.builder.ts";

/*
 * A child of six with a medulloblastoma: brain and spine, then a boost, thirty fractions under daily anaesthesia, to
 * begin on Monday, 2 March 2026. Women's Day and Nauryz tear the course in Kazakhstan.
 */
const start = Temporal.PlainDate.from("2026-03-02");
const closedHub = anExampleHub("astana-proton");

function hubWith(openings: readonly ExceptionalOpening[]): TimedHub {
  const { exceptionalOpenings } = closedHub.document;
  return anExampleHub("astana-proton", {
    exceptionalOpenings: [...exceptionalOpenings, ...openings],
  });
}

function attempt(hub: TimedHub) {
  const plan = aPlan("", { readyDate: start, dueDate: start, underAnaesthesia: true });
  const template = `${hub.document.name}/templates/medulloblastoma`;
  const demand = createDemand(hub, { ...plan, template }, testNow);
  const availability = { busy: closedTimes(hub), used: new Map() };
  return { demand, availability, found: planCourse({ demand, availability }) };
}

function refusalAt(hub: TimedHub, search: (demand: Demand) => Demand = (demand) => demand) {
  const { demand, availability, found } = attempt(hub);
  if (found.kind === "fits") throw new Error("the course fits");
  const wide = { demand: search(demand), availability };
  const refusal = explainRefusal({ demand, availability }, found.failed, wide);
  return nameRefusal(hub.document.name, refusal, { pools: new Set(["beam"]), keepers: [] });
}

const refused = refusalAt(closedHub);

const clock = (at: Temporal.Instant) =>
  at.toZonedDateTimeISO("Asia/Almaty").toPlainDateTime().toString({ smallestUnit: "minute" });

test("refuses the course with both holes, the gap rule and the room", () => {
  const { reason, blockers } = refused;
  expect(reason).toBe("GAP_TOO_LONG");
  const holes = blockers.map(({ kind, resource, sessionNumber, startAt, endAt }) => [
    kind,
    resource,
    sessionNumber,
    clock(startAt).slice(0, 10),
    clock(endAt).slice(0, 10),
  ]);
  const room = "hubs/astana-proton/resources/room-2";
  expect(holes).toEqual([
    ["GAP_RULE", room, 6, "2026-03-06", "2026-03-10"],
    ["GAP_RULE", room, 16, "2026-03-20", "2026-03-26"],
  ]);
});

test("names every opening that is missing: room, team and bay, each at its time in the session", () => {
  const { openings } = refused;
  const named = openings.map(({ resource, startAt, endAt }) =>
    [resource.split("/").at(-1), clock(startAt), clock(endAt).slice(11)].join(" "),
  );
  expect(named).toEqual([
    "room-2 2026-03-07T08:00 08:50",
    "room-2 2026-03-23T08:00 08:50",
    "anaesthesia-1 2026-03-07T07:45 09:00",
    "anaesthesia-1 2026-03-23T07:45 09:00",
    "pacu-1 2026-03-07T09:00 10:00",
    "pacu-1 2026-03-23T09:00 10:00",
  ]);
});

test("holds the course once the hub has published exactly these openings, and not with one less", () => {
  const openings = asExceptionalOpenings(closedHub, refused.openings);
  const hub = hubWith(openings);
  const { demand, found } = attempt(hub);
  if (found.kind === "blocked") throw new Error("the course does not fit");
  const parts = holdParts(demand, found.course);
  const text = certificateDocument({ course: "courses/test", hub, demand, ...parts });
  expect(checkCourse(hub.document, text, 30)).toEqual([]);
  expect(parts.firstDate).toEqual(start);
  for (const left of openings) {
    const without = openings.filter((opening) => opening !== left);
    expect(attempt(hubWith(without)).found.kind).toBe("blocked");
  }
});

test("names one hole when the hub has opened the other, and only what is missing of a day", () => {
  const openings = asExceptionalOpenings(closedHub, refused.openings);
  const ofMarch7 = openings.filter(({ onDate }) => onDate.day === 7);
  const again = refusalAt(hubWith(ofMarch7));
  expect(again.blockers.map(({ sessionNumber }) => sessionNumber)).toEqual([16]);
  expect(again.openings).toHaveLength(3);
  const roomOnly = openings.filter(({ resources }) => resources.includes("room-2"));
  const withoutTeams = refusalAt(hubWith(roomOnly));
  expect(withoutTeams.reason).toBe("GAP_TOO_LONG");
  expect(withoutTeams.blockers.map(({ sessionNumber }) => sessionNumber)).toEqual([6, 16]);
  const missing = withoutTeams.openings.map(({ resource }) => resource.split("/").at(-1));
  expect(missing).toEqual(["anaesthesia-1", "anaesthesia-1", "pacu-1", "pacu-1"]);
});

test("explains the refusal, with the first date that would do, within some milliseconds", () => {
  const hub = anExampleHub("astana-proton");
  const before = process.cpuUsage();
  const { firstPossibleDate } = refusalAt(hub, widened);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1_000);
  expect(firstPossibleDate?.toString()).toBe("2026-05-12");
});
