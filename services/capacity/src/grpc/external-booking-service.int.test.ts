import { randomUUID } from "node:crypto";
import { CallError } from "@carehub/grpc/call-error";
import { afterAll, expect, test } from "vitest";
import { openTestCapacity } from "../capacity.builder.ts";
import { aHubDocument, testNow } from "../domain/hub.builder.ts";
import { parseHubName } from "../domain/names.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";

const capacity = await openTestCapacity();
const server = await serveCapacity(capacity, ["hub/some-hub", "hub/other", "ministry/UZ"]);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const name = "hubs/some-hub";
const { hubs, externals, openings } = server.as("hub/some-hub");
const command = () => ({ requestId: randomUUID(), actor: { reference: "e-1", role: "planner" } });
const document = aHubDocument({ name: parseHubName(name, "name") });
const times = { createdAt: testNow, updatedAt: testNow };
await hubs.publishHub({
  hub: toWireHub({ document, version: 1, ...times }, testNow),
  ...command(),
});

const at = (text: string) => ({
  seconds: BigInt(Date.parse(text) / 1000),
  nanos: 0,
});
const day = (date: number) => ({ year: 2026, month: 2, day: date });
const booked = { source: "aria", status: 1 } as const;
const range = { hub: name, firstDate: day(1), lastDate: day(28) };

test("imports time and stays over the wire, widens seconds, and lists them as they were said", async () => {
  const answer = await externals.importExternalBookings({
    hub: name,
    entries: [
      {
        ...booked,
        sourceId: "A-1",
        place: {
          case: "resourceTime",
          value: {
            resource: "room-1",
            startTime: at("2026-02-03T04:00:30Z"),
            endTime: at("2026-02-03T04:59:30Z"),
            beam: { offsetMinutes: 15, minutes: 10 },
          },
        },
      },
      {
        ...booked,
        sourceId: "A-2",
        place: { case: "stay", value: { pool: "ward", firstDate: day(3), lastDate: day(5) } },
      },
      {
        ...booked,
        sourceId: "A-3",
        place: { case: "stay", value: { pool: "ward", firstDate: day(3), lastDate: day(31) } },
      },
    ],
    ...command(),
  });
  expect(answer).toMatchObject({ imported: 2, cancelled: 0, unchanged: 0, conflictCount: 0 });
  expect(answer.refusals).toMatchObject([
    { index: 2, field: "entries[2].stay.last_date", reason: 3, sourceId: "A-3" },
  ]);
  const { bookings } = await externals.listExternalBookings(range);
  expect(bookings.map(({ place }) => place)).toMatchObject([
    {
      case: "stay",
      value: { pool: "ward", firstDate: day(3), lastDate: day(5), count: 1 },
    },
    {
      case: "resourceTime",
      value: {
        startTime: at("2026-02-03T04:00:00Z"),
        endTime: at("2026-02-03T05:00:00Z"),
        beam: { offsetMinutes: 15, minutes: 10 },
      },
    },
  ]);
});

test("pages, and refuses the token of another query", async () => {
  const first = await externals.listExternalBookings({ ...range, pageSize: 1 });
  const pageToken = first.nextPageToken;
  const second = await externals.listExternalBookings({ ...range, pageSize: 1, pageToken });
  expect([...first.bookings, ...second.bookings].map(({ sourceId }) => sourceId)).toEqual([
    "A-2",
    "A-1",
  ]);
  expect(second.nextPageToken).toBe("");
  const other = { ...range, lastDate: day(27), pageToken };
  expect((await refusalOf(externals.listExternalBookings(other))).reason).toBe(
    "PAGE_TOKEN_INVALID",
  );
});

test("a ministry may not see them, and another hub is told that there is no such hub", async () => {
  const ofMinistry = server.as("ministry/UZ").externals.listExternalBookings(range);
  expect((await refusalOf(ofMinistry)).code).toBe("PERMISSION_DENIED");
  const other = server.as("hub/other");
  const value = { openings: [opening("room-1", "2026-02-07")] };
  const granted = { case: "openings" as const, value };
  const calls = [
    () => other.externals.listExternalBookings(range),
    () => other.externals.importExternalBookings({ hub: name, entries: [], ...command() }),
    () => other.openings.grantOpenings({ hub: name, granted, ...command() }),
  ];
  for (const call of calls) expect((await refusalOf(call())).reason).toBe("HUB_NOT_FOUND");
});

function opening(id: string, date: string) {
  return {
    resource: `${name}/resources/${id}`,
    startTime: at(`${date}T04:00:00Z`),
    endTime: at(`${date}T05:00:00Z`),
  };
}

test.each([
  ["OPENING_IN_PAST", "FAILED_PRECONDITION", opening("room-1", "2025-02-07")],
  ["OPENING_PLACE_UNKNOWN", "INVALID_ARGUMENT", opening("room-9", "2026-02-07")],
  [
    "OPENING_REVERSED",
    "INVALID_ARGUMENT",
    { ...opening("room-1", "2026-02-07"), endTime: at("2026-02-07T03:00:00Z") },
  ],
  [
    "OPENING_TOO_LONG",
    "INVALID_ARGUMENT",
    { ...opening("room-1", "2026-02-07"), endTime: at("2026-04-07T03:00:00Z") },
  ],
])("refuses with %s, under the status of the table", async (reason, code, asked) => {
  const value = { openings: [asked] };
  const granted = { case: "openings" as const, value };
  const refused = await refusalOf(openings.grantOpenings({ hub: name, granted, ...command() }));
  expect(refused).toBeInstanceOf(CallError);
  expect(refused).toMatchObject({ reason, code });
});

test("refuses to grant what no refusal suggested", async () => {
  const plan = { template: `${name}/templates/visit`, readyDate: day(2), dueDate: day(20) };
  const answerTime = {
    workingDays: 5,
    calendars: ["KZ"],
    clause: "agreements/test/clauses/answer",
  };
  const { course } = await server
    .as("hub/some-hub")
    .courses.holdCourse({ plan, answerTime, ...command() });
  const granted = { case: "course" as const, value: course?.name ?? "" };
  const refused = await refusalOf(openings.grantOpenings({ hub: name, granted, ...command() }));
  expect(refused).toMatchObject({ reason: "NO_OPENINGS_SUGGESTED", code: "FAILED_PRECONDITION" });
});

test("grants over the wire", async () => {
  const value = { openings: [opening("room-1", "2026-02-07")] };
  const granted = { case: "openings" as const, value };
  const { hub } = await openings.grantOpenings({ hub: name, granted, ...command() });
  expect(hub).toMatchObject({
    version: 2,
    exceptionalOpenings: [{ resources: ["room-1"], date: day(7), start: "09:00", end: "10:00" }],
  });
});
