import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Override_State } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { answerTime, openTestCapacity, requestForCase, sweep } from "../capacity.builder.ts";
import { aHubDocument, aPlan, aTemplate, testNow } from "../domain/hub.builder.ts";
import { parseHubName } from "../domain/names.ts";
import { type CapacityReason, capacityReasons } from "../domain/reasons.ts";
import { toWirePlan } from "../wire/course-parts.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";

const capacity = await openTestCapacity();
const identities = ["hub/night-hub", "hub/other-hub", "ministry/UZ", "ministry/KG"];
const server = await serveCapacity(capacity, identities);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const { hubs, courses, overrides } = server.as("hub/night-hub");
const name = parseHubName("hubs/night-hub", "name");
const by = (reference: string, role = "planner") => ({
  requestId: randomUUID(),
  actor: { reference, role },
});
const document = { ...aHubDocument({ templates: [aTemplate()] }), name };
const times = { createdAt: testNow, updatedAt: testNow };
await hubs.publishHub({
  hub: toWireHub({ document, version: 1, ...times }, testNow),
  ...by("e-1"),
});

const at = (text: string) => timestampFromDate(new Date(text));
const plan = (on: string, template = "visit") => ({
  ...aPlan("", { readyDate: Temporal.PlainDate.from(on), dueDate: Temporal.PlainDate.from(on) }),
  template: `${name}/templates/${template}`,
});
const saturday = "2026-02-07";
const hours = {
  resources: ["room-1"],
  startTime: at("2026-02-07T04:00:00Z"),
  endTime: at("2026-02-07T08:00:00Z"),
};

async function proposed(parts = {}) {
  const { override } = await overrides.proposeOverride({
    ...{ hub: name, opens: { case: "outsideHours" as const, value: hours } },
    ...{ reason: "CLINICAL_URGENCY", expireTime: at("2026-01-30T00:00:00Z"), ...by("e-1") },
    ...parts,
  });
  return override?.name ?? "";
}

async function approved(parts = {}) {
  const override = await proposed(parts);
  await overrides.approveOverride({ name: override, ...by("e-2", "chief") });
  return override;
}

const hold = (override: string, on = saturday) =>
  courses.holdCourse({ plan: toWirePlan(plan(on)), answerTime, override, ...by("e-1") });

async function aReferral() {
  const id = randomUUID() as Uuid;
  await requestForCase(capacity.deps, { id, hub: name, plan: plan(saturday) });
  await sweep(capacity.deps);
  return `courses/${id}`;
}

test("carries an override from its proposal to the course that uses it, and into the report", async () => {
  const first = await proposed({ course: await aReferral() });
  expect((await refusalOf(hold(first))).reason).toBe("OVERRIDE_NOT_OPEN");
  const second = await approved();
  const { course } = await hold(second);
  expect(course).toMatchObject({ override: second, firstDate: { day: 7 } });
  const { override } = await overrides.getOverride({ name: second });
  expect(override).toMatchObject({
    state: Override_State.USED,
    course: course?.name,
    reason: "CLINICAL_URGENCY",
    proposal: { actor: "e-1", role: "planner" },
    approval: { actor: "e-2", role: "chief" },
    opens: { case: "outsideHours", value: { resources: [`${name}/resources/room-1`] } },
  });
  const report = await overrides.listOverrides({});
  expect(report.overrides.map((each) => each.name)).toEqual([second, first]);
  expect(report.counts.map(({ kind, state, count }) => [kind, state, count])).toEqual([
    ["OUTSIDE_HOURS", Override_State.PROPOSED, 1],
    ["OUTSIDE_HOURS", Override_State.USED, 1],
  ]);
  const page = await overrides.listOverrides({ pageSize: 1 });
  expect(page.counts).toEqual(report.counts);
  const rest = await overrides.listOverrides({ pageToken: page.nextPageToken });
  expect(rest.overrides.map((each) => each.name)).toEqual([first]);
  const before = await overrides.listOverrides({ endTime: at("2026-01-04T00:00:00Z") });
  expect(before).toMatchObject({ overrides: [], counts: [] });
});

test("shows a ministry the override of its own patient, without the persons", async () => {
  const course = await aReferral();
  const override = await approved({ course });
  const { overrides: ministry } = server.as("ministry/UZ");
  expect((await refusalOf(ministry.getOverride({ name: override }))).reason).toBe(
    "OVERRIDE_NOT_FOUND",
  );
  await sweep(capacity.deps);
  const { override: seen } = await ministry.getOverride({ name: override });
  expect(seen).toMatchObject({
    course,
    proposal: { actor: "", role: "planner" },
    approval: { actor: "", role: "chief" },
  });
  for (const stranger of ["ministry/KG", "hub/other-hub"]) {
    const asked = server.as(stranger).overrides.getOverride({ name: override });
    expect((await refusalOf(asked)).reason).toBe("OVERRIDE_NOT_FOUND");
  }
  expect((await server.as("hub/other-hub").overrides.listOverrides({})).overrides).toEqual([]);
  expect((await refusalOf(ministry.listOverrides({}))).code).toBe("PERMISSION_DENIED");
});

async function verify(identity: string, ...args: readonly string[]) {
  const program = fileURLToPath(
    new URL("src/main.ts", import.meta.resolve("@carehub/verify-course/package.json")),
  );
  const connection = `--connection=${server.connectionFile(identity)}`;
  return new Promise<{ code: number; output: string }>((resolve) => {
    const child = execFile(process.execPath, [program, connection, ...args], (_, output) =>
      resolve({ code: child.exitCode ?? -1, output }),
    );
  });
}

test("is accepted by the program that checks courses, which says so, and only while it is to be had", async () => {
  const course = await aReferral();
  const override = await approved({
    course,
    opens: { case: "outsideHours", value: { ...hours, resources: ["room-1", "room-2"] } },
  });
  await sweep(capacity.deps);
  for (const identity of ["hub/night-hub", "ministry/UZ"]) {
    const found = await verify(identity, "--course", course);
    expect(found.output).toContain(`${course}: OK\n  override  ${override}\n`);
    expect(found.code).toBe(0);
  }
  await capacity.db.run("test-unused", "update override set course = $2 where name = $1", [
    override,
    randomUUID(),
  ]);
  const without = await verify("hub/night-hub", "--course", course, "--json");
  const { courses: checked } = JSON.parse(without.output) as {
    courses: readonly { override: string; violations: readonly { rule: string }[] }[];
  };
  expect(checked[0]?.override).toBe(override);
  const rules = new Set(checked[0]?.violations.map(({ rule }) => rule));
  expect(rules).toEqual(new Set(["OVERRIDE", "OPENING"]));
});

/** How each reason of these commands comes about over the wire. */
const calls: Partial<Record<CapacityReason, () => Promise<unknown>>> = {
  HUB_NOT_FOUND: () => proposed({ hub: "hubs/other-hub" }),
  COURSE_NOT_FOUND: () => proposed({ course: `courses/${randomUUID()}` }),
  OVERRIDE_NOT_FOUND: () =>
    overrides.approveOverride({ name: `${name}/overrides/${randomUUID()}`, ...by("e-2") }),
  OVERRIDE_SAME_PERSON: async () =>
    overrides.approveOverride({ name: await proposed(), ...by("e-1", "chief") }),
  OVERRIDE_NOT_OPEN: async () => {
    const override = await proposed();
    await overrides.withdrawOverride({ name: override, ...by("e-1") });
    return overrides.approveOverride({ name: override, ...by("e-2") });
  },
  OVERRIDE_NOT_FITTING: async () => {
    const { course } = await hold("", "2026-02-09");
    await courses.releaseCourse({ name: course?.name ?? "", reason: "CANCELLED", ...by("e-1") });
    return proposed({ course: course?.name });
  },
  OVERRIDE_STANDS: async () => {
    const course = await aReferral();
    await proposed({ course });
    return proposed({ course });
  },
  OVERRIDE_PERIOD_INVALID: () => proposed({ expireTime: at("2026-01-01T00:00:00Z") }),
  RESOURCE_UNKNOWN: () =>
    proposed({ opens: { case: "outsideHours", value: { ...hours, resources: ["room-9"] } } }),
  ETAG_MISMATCH: async () =>
    overrides.approveOverride({ name: await proposed(), etag: 'W/"9"', ...by("e-2") }),
};

test.each(Object.keys(calls))("refuses with %s, under the status of the table", async (reason) => {
  const refusal = await refusalOf(calls[reason as CapacityReason]?.() ?? Promise.resolve());
  const code = capacityReasons[reason as CapacityReason];
  expect(refusal).toMatchObject({ reason, code, domain: "capacity.carehub" });
});

test("gives a repeated proposal and approval their first answers", async () => {
  const again = by("e-1");
  const first = await proposed(again);
  expect(await proposed(again)).toBe(first);
  const approval = { name: first, ...by("e-2") };
  const answer = await overrides.approveOverride(approval);
  expect(await overrides.approveOverride(approval)).toEqual(answer);
  await moveClock(capacity.db, { to: Temporal.Instant.from("2026-01-30T00:00:00Z") });
  const { override } = await overrides.getOverride({ name: first });
  expect(override?.state).toBe(Override_State.EXPIRED);
});
