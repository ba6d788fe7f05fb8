import { expect, test } from "vitest";
import type { Availability } from "./availability.ts";
import { createDemand } from "./demand.ts";
import { aHub, aPlan, aResource, aTemplate, monday, testNow } from "./hub.builder.ts";
import { instantOfMinute, minuteOfInstant } from "./hub-time.ts";
import type { Opens } from "./override.ts";
import { needsOverride, overbookedBeds, withOverride } from "./override-openings.ts";
import { planCourse } from "./planner.ts";

const name = "hubs/test-hub/overrides/one";
const nothing: Availability = { busy: new Map(), used: new Map() };

function planned(opens: Opens, availability = nothing, template = "visit") {
  const check = { start: 20 * 60, minutes: 60 };
  const room = { ...aResource("room-1", "ROOM", { start: 480, end: 510 }), machineCheck: check };
  const hub = aHub({
    resources: [room, aResource("theatre-1", "THEATRE")],
    ...(template === "visit" ? { templates: [aTemplate()] } : {}),
  });
  const context = { demand: createDemand(hub, aPlan(template), testNow), availability };
  const found = planCourse(withOverride(context, { name, opens }));
  const course = found.kind === "fits" ? found.course : undefined;
  const start = course?.sessions[0]?.start;
  return {
    ...{ context, course },
    start: start === undefined ? undefined : instantOfMinute(start).toString(),
    needed: course && needsOverride(context, course),
  };
}

const hours = (from: string, to: string, resources = ["room-1"]): Opens => ({
  ...{ kind: "OUTSIDE_HOURS", resources },
  startAt: Temporal.Instant.from(`2026-02-02T${from}:00Z`),
  endAt: Temporal.Instant.from(`2026-02-02T${to}:00Z`),
});

test("opens its resources in its time, but not while their machine is checked", () => {
  // By the clocks of Almaty the check is from 20:00 to 21:00, five hours before.
  expect(planned(hours("13:00", "17:00"))).toMatchObject({
    start: "2026-02-02T13:00:00Z",
    needed: true,
  });
  expect(planned(hours("14:30", "17:30")).start).toBe("2026-02-02T16:00:00Z");
  expect(planned(hours("14:30", "16:30")).start).toBeUndefined();
  expect(planned(hours("13:00", "17:00", ["theatre-1"])).start).toBeUndefined();
});

test("opens nothing that is taken or closed", () => {
  const start = minuteOfInstant(Temporal.Instant.from("2026-02-02T13:00:00Z"));
  const busy = new Map([["room-1", [{ start, end: start + 60 }]]]);
  expect(planned(hours("13:00", "14:30"), { ...nothing, busy }).start).toBeUndefined();
});

const day = 20_486;
const full: Availability = { busy: new Map(), used: new Map([["picu", new Map([[day, 2]])]]) };
const beds = (count: number, at = monday): Opens => {
  return { kind: "OVERBOOKING", pool: "picu", firstDate: at, lastDate: at, count };
};

test("adds beds on its days, and counts what a course takes beyond the unit", () => {
  const { context, course, needed } = planned(beds(1), full, "surgery");
  expect(needed).toBe(true);
  expect(course?.stays).toHaveLength(2);
  expect(overbookedBeds(context, { pool: "picu", bucket: day, amount: 1 })).toBe(1);
  expect(overbookedBeds(context, { pool: "picu", bucket: day + 1, amount: 1 })).toBe(0);
  expect(planned(beds(1, monday.add({ days: 1 })), full, "surgery").course).toBeUndefined();
  const three = new Map([["picu", new Map([[day, 3]])]]);
  expect(planned(beds(1), { ...nothing, used: three }, "surgery").course).toBeUndefined();
  expect(planned(beds(2), { ...nothing, used: three }, "surgery").course).toBeDefined();
});

test("is not needed by a course that keeps to what the hub has", () => {
  expect(planned(beds(1), nothing, "surgery").needed).toBe(false);
});
