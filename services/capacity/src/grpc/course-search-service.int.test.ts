import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CourseSearchService } from "@carehub/contracts/gen/carehub/capacity/v1/course_search_service_pb.ts";
import { watchPublished } from "@carehub/database/published-watch";
import { connect } from "@carehub/grpc/connect";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { must } from "@carehub/rules/fault";
import { createLogger } from "@carehub/runtime/logging";
import { afterAll, expect, test } from "vitest";
import { startSearchIndex } from "../app/search-index.ts";
import { aPublishedHub, openTestCapacity } from "../capacity.builder.ts";
import { capacityReasons } from "../domain/reasons.ts";
import { refusalOf } from "./capacity-server.builder.ts";
import { implementCourseSearchService } from "./course-search-service.ts";

const capacity = await openTestCapacity();
const { db, deps } = capacity;
const hub = await aPublishedHub(deps);
const published = await watchPublished(db);
const searchIndex = await startSearchIndex({ ...deps, published, onFailed: () => undefined });
const dir = mkdtempSync(join(tmpdir(), "carehub-search-"));
const identities = ["ministry/UZ", "hub/foreign", "operator/desk", "service/intake"];
const certificates = await issueCertificates({
  ...{ dir, trustDomain: "carehub.example" },
  identities: [...identities, "service/capacity"],
});
const server = await serve({
  ...{ name: "capacity", host: "127.0.0.1", port: 0, trustDomain: "carehub.example" },
  tls: certificates.tls("service/capacity"),
  services: [implementCourseSearchService({ db, searchIndex })],
  reasons: capacityReasons,
  logger: createLogger("capacity", { level: "silent" }),
});
const clients = new Map(
  identities.map((identity) => {
    const at = { address: `localhost:${server.port}`, tls: certificates.tls(identity) };
    return [identity, connect(CourseSearchService, at)];
  }),
);
afterAll(async () => {
  for (const client of clients.values()) client.close();
  await server.close();
  await searchIndex.close();
  await published.close();
  await capacity.close();
  rmSync(dir, { recursive: true });
});

const as = (identity: string) => must(clients.get(identity), "it has a certificate");
const asked = {
  programme: "proton-therapy",
  phases: [{ phase: "main", sessionCount: 5 }],
  readyDate: { year: 2026, month: 2, day: 2 },
  dueDate: { year: 2026, month: 2, day: 13 },
  underAnaesthesia: true,
};

test("ministries, hubs and operators find whole courses, three unless they say otherwise", async () => {
  for (const identity of ["ministry/UZ", "hub/foreign", "operator/desk"]) {
    const { courses, without, searchTime } = await as(identity).findCourses(asked);
    expect(courses).toHaveLength(3);
    expect(courses[0]?.sessions.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    expect(courses.every((course) => course.hub === hub.name)).toBe(true);
    expect(courses[0]?.firstDate).toMatchObject({ year: 2026, month: 2, day: 2 });
    expect(without).toEqual([]);
    expect(searchTime?.seconds).toBeGreaterThan(0n);
  }
  const proton = { ...asked, programme: "", templates: [hub.template("proton")], limit: 1 };
  const [course] = (await as("ministry/UZ").findCourses(proton)).courses;
  const kinds = course?.sessions[0]?.resources.map(({ resource }) => resource.split("/").at(-1));
  expect(kinds).toEqual(["room-1", "team-1", "bay-1"]);
});

test("for a case with an answer time nothing begins before the release of the hold that would follow", async () => {
  const from = { ...asked, readyDate: { year: 2026, month: 1, day: 5 }, limit: 1 };
  const answerTime = { workingDays: 5, calendars: ["UZ", "KZ"], graceHours: 24, clause: "" };
  const startOf = async (request: object) => {
    const [course] = (await as("ministry/UZ").findCourses({ ...from, ...request })).courses;
    return must(course?.firstDate, "there is a course").day;
  };
  expect(await startOf({})).toBe(5);
  // The fifth working day from the 6th on, past the Christmas of the 7th, is the 13th; a day later another may take the hold.
  expect(await startOf({ answerTime })).toBe(15);
  const none = as("ministry/UZ").findCourses({
    ...from,
    answerTime: { ...answerTime, calendars: [] },
  });
  expect((await refusalOf(none)).reason).toBe("INVALID_FIELD");
});

test("refuses what is too wide, names nobody or comes from nobody it serves", async () => {
  const reasonOf = async (request: object, identity = "ministry/UZ") =>
    (await refusalOf(as(identity).findCourses({ ...asked, ...request }))).reason;
  const wide = await refusalOf(
    as("ministry/UZ").findCourses({ ...asked, dueDate: { year: 2027, month: 2, day: 3 } }),
  );
  expect(wide).toMatchObject({ reason: "SEARCH_TOO_WIDE", code: "INVALID_ARGUMENT" });
  expect(await reasonOf({ hubs: ["hubs/nowhere"] })).toBe("HUB_NOT_FOUND");
  expect(await reasonOf({ programme: "" })).toBe("INVALID_FIELD");
  expect(await reasonOf({ limit: 21 })).toBe("INVALID_FIELD");
  const foreign = await refusalOf(as("service/intake").findCourses(asked));
  expect(foreign.code).toBe("PERMISSION_DENIED");
});
