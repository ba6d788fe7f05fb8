import { randomUUID } from "node:crypto";
import { RecordedSession_State } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import type { Database } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import type { Deps } from "../app/capacity-app.ts";
import { recordAdmission } from "../app/course-commands.ts";
import { aBooked, on } from "../app/floor.builder.ts";
import type { QueryDeps } from "../app/queries.ts";
import { factsOf } from "../capacity.builder.ts";
import { monday } from "../domain/hub.builder.ts";
import { capacityReasons } from "../domain/reasons.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";
import {
  command,
  course,
  missed,
  nine,
  openFloor,
  outcomesOf,
  took,
  wednesday,
} from "./floor.builder.ts";

const { capacity, hub, treated } = await openFloor();
const { deps, db } = capacity;
const server = await serveCapacity(capacity, ["hub/floor"]);
// A process of the service that crashes when it is told to.
const crashing = { left: Number.POSITIVE_INFINITY };
const frailDeps = frailly(capacity.another());
const frail = await serveCapacity({ ...capacity, deps: frailDeps }, ["hub/floor"]);
afterAll(async () => {
  await server.close();
  await frail.close();
  await capacity.close();
});

function frailly(other: Deps & QueryDeps): Deps & QueryDeps {
  const transaction: Database["transaction"] = async (name, work) => {
    if (crashing.left <= 0) throw new Error("the process crashed");
    crashing.left -= 1;
    return other.db.transaction(name, work);
  };
  return { ...other, db: { ...other.db, transaction } };
}

const { sessions } = server.as("hub/floor");
const clients = [sessions, frail.as("hub/floor").sessions];

test("records a day in one call, each entry on its own, with a reason for each refusal", async () => {
  const [one, two, three] = [await treated(), await treated(), await treated()];
  const booked = await aBooked(deps, hub, [
    "visit",
    { readyDate: monday.add({ days: 30 }), dueDate: monday.add({ days: 40 }) },
  ]);
  const unknown = randomUUID() as Uuid;
  const late = { endTime: { seconds: nine + 86_000n, nanos: 0 } };
  const entries = [
    took(one, 1, { site: "room-2", underAnaesthesia: true }),
    missed(two, 3),
    took(two, 1, late),
    took(booked),
    took(unknown),
    took(one, 2, { site: "room-9" }),
    missed(three, 50),
    took(three, 99),
  ];
  const { results } = await sessions.recordSessions({ entries, ...command() });
  expect(outcomesOf({ results })).toEqual([
    "recorded",
    "TIME_IN_FUTURE",
    "TIME_IN_FUTURE",
    "COURSE_NOT_IN_TREATMENT",
    "COURSE_NOT_FOUND",
    "SITE_UNKNOWN",
    "SESSION_NOT_PLANNED",
    "recorded",
  ]);
  expect(results.map(({ course, number }) => [course, number])).toEqual(
    entries.map(({ course, number }) => [course, number]),
  );
  expect(results[0]?.result.value).toMatchObject({
    courseEtag: 'W/"4"',
    record: {
      state: RecordedSession_State.DELIVERED,
      site: "hubs/floor/resources/room-2",
      underAnaesthesia: true,
    },
  });
  expect(results[5]?.result.value).toMatchObject({ metadata: { site: "room-9" } });
  expect(await factsOf(db, two)).toEqual(["courseHeld", "courseBooked", "courseStarted"]);
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives a repeat the first results, refusals with them, and another body none", async () => {
  const [one, two] = [await treated(), await treated()];
  const asked = { entries: [took(one), took(two, 2, { site: "room-9" })], ...command() };
  const first = await sessions.recordSessions(asked);
  expect(outcomesOf(first)).toEqual(["recorded", "SITE_UNKNOWN"]);
  await sessions.correctSession({
    name: course(one),
    number: 1,
    reason: "WRONG_TIME",
    ...command(),
  });
  expect(await sessions.recordSessions(asked)).toEqual(first);
  const facts = ["courseHeld", "courseBooked", "courseStarted", "sessionDelivered"];
  expect(await factsOf(db, one)).toEqual([...facts, "sessionCorrected"]);
  const other = { ...asked, entries: [took(one)] };
  expect((await refusalOf(sessions.recordSessions(other))).reason).toBe("REQUEST_ID_REUSED");
  expect(await factsOf(db, one)).toEqual([...facts, "sessionCorrected"]);
});

test.each([0, 1, 2, 3, 4])("completes a call that crashed after %i of its steps", async (steps) => {
  const [one, two, three] = [await treated(), await treated(), await treated()];
  const asked = {
    entries: [took(one), took(two, 1, { site: "room-9" }), missed(three)],
    ...command(),
  };
  crashing.left = steps;
  const crash = await refusalOf(clients[1]?.recordSessions(asked) ?? Promise.resolve());
  expect(crash.code).toBe("INTERNAL");
  crashing.left = Number.POSITIVE_INFINITY;
  if (steps > 0) {
    const other = { ...asked, entries: [took(two), took(one)] };
    const refusal = await refusalOf(sessions.recordSessions(other));
    expect(refusal.reason).toBe("REQUEST_ID_REUSED");
  }
  const { results } = await sessions.recordSessions(asked);
  // The third was planned for another day.
  expect(outcomesOf({ results }).slice(0, 2)).toEqual(["recorded", "SITE_UNKNOWN"]);
  expect(results).toHaveLength(3);
  const delivered = (await factsOf(db, one)).filter((fact) => fact === "sessionDelivered");
  expect(delivered).toHaveLength(1);
  expect((await sessions.recordSessions(asked)).results).toEqual(results);
  expect(await brokenInvariants(db)).toEqual({});
});

test("gives ten who repeat the same call at once the same answer", async () => {
  const [one, two] = [await treated(), await treated()];
  const asked = { entries: [took(one), took(two), missed(two, 9)], ...command() };
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) => clients[at % 2]?.recordSessions(asked)),
  );
  expect(outcomesOf(answers[0] ?? { results: [] })).toEqual([
    "recorded",
    "recorded",
    "SESSION_NOT_PLANNED",
  ]);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  for (const id of [one, two]) {
    expect((await factsOf(db, id)).filter((fact) => fact === "sessionDelivered")).toHaveLength(1);
  }
});

test("lets one of ten who record the same session win, and tells the others", async () => {
  const id = await treated();
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) => {
      const entries = [
        at % 3 === 0 ? missed(id, 50) : took(id, 1, { site: `room-${1 + (at % 2)}` }),
      ];
      return clients[at % 2]?.recordSessions({ entries, ...command() });
    }),
  );
  const outcomes = answers.flatMap((answer) => outcomesOf(answer ?? { results: [] }));
  expect(outcomes.filter((outcome) => outcome === "recorded")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "SESSION_ALREADY_RECORDED")).toHaveLength(5);
  expect((await factsOf(db, id)).filter((fact) => fact === "sessionDelivered")).toHaveLength(1);
});

test("refuses aloud a call that names a session twice, and records nothing of it", async () => {
  const [one, two] = [await treated(), await treated()];
  const entries = [took(one), took(two), missed(one)];
  const refusal = await refusalOf(sessions.recordSessions({ entries, ...command() }));
  expect(refusal).toMatchObject({
    reason: "SESSION_NAMED_TWICE",
    code: capacityReasons.SESSION_NAMED_TWICE,
    metadata: { course: course(one), number: "1", first: "0", second: "2" },
  });
  const backward = { endTime: { seconds: nine - 1n, nanos: 0 } };
  const asked = { entries: [took(one), took(two, 1, backward)], ...command() };
  const invalid = await refusalOf(sessions.recordSessions(asked));
  expect(invalid.violations[0]?.field).toBe("entries[1].delivered.end_time");
  expect(await factsOf(db, one)).not.toContain("sessionDelivered");
});

test("records the longest call that is allowed", async () => {
  const ids = [await treated(), await treated()];
  const entries = Array.from({ length: 200 }, (_, at) => took(ids[at % 2] as Uuid, 1 + (at >> 1)));
  const { results } = await sessions.recordSessions(
    { entries, ...command() },
    { deadlineMs: 20_000 },
  );
  expect(outcomesOf({ results })).toEqual(Array.from({ length: 200 }, () => "recorded"));
  const many = [...entries, took(ids[0] as Uuid, 300)];
  const refusal = await refusalOf(sessions.recordSessions({ entries: many, ...command() }));
  expect(refusal.code).toBe("INVALID_ARGUMENT");
});

test("keeps a refusal as it was told first, also where the call crashed after it", async () => {
  const plan = { readyDate: wednesday, dueDate: monday.add({ days: 30 }) };
  const booked = await aBooked(deps, hub, ["visit", plan]);
  const asked = { entries: [took(booked), took(await treated())], ...command() };
  // The entry is tried, then its refusal is kept.
  crashing.left = 2;
  await refusalOf(clients[1]?.recordSessions(asked) ?? Promise.resolve());
  crashing.left = Number.POSITIVE_INFINITY;
  await recordAdmission(deps, { ...on(hub, booked), admissionDate: wednesday });
  const answer = await sessions.recordSessions(asked);
  expect(outcomesOf(answer)).toEqual(["COURSE_NOT_IN_TREATMENT", "recorded"]);
  const again = { entries: [took(booked)], ...command() };
  expect(outcomesOf(await sessions.recordSessions(again))).toEqual(["recorded"]);
});
