import { readFileSync } from "node:fs";
import { toJson } from "@bufbuild/protobuf";
import { ExternalBookingSchema } from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_pb.ts";
import { HubSchema, ResourceKind } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { expect, test } from "vitest";
import { readBookings } from "./bookings-file.ts";
import { readCapacityCsv } from "./capacity-csv.ts";
import { locating } from "./input-file.ts";
import { readYaml } from "./yaml-file.ts";

const examples = new URL("../../../examples/hubs/", import.meta.url);
const example = (name: string) => readFileSync(new URL(name, examples), "utf8");
const csv = (...lines: string[]) => ({ name: "f.csv", text: lines.join("\n"), isCsv: true });

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message.split("\n") : [];
  }
  return [];
}

const head = "row,id,kind,resources,days,date,last_date,start,end,capacity,reason";

test("reads the parts of a hub from a table: one row an opening, one part replaced whole", () => {
  const { parts } = readCapacityCsv({
    name: "umc.csv",
    text: example("umc-heart-capacity.csv"),
    isCsv: true,
  });
  expect(parts.resources?.map(({ id }) => id)).toEqual([
    "theatre-1",
    "theatre-2",
    "anaesthesia-1",
    "anaesthesia-2",
  ]);
  expect(parts.resources?.[1]).toMatchObject({
    kind: ResourceKind.THEATRE,
    weeklyOpenings: [
      { days: [1, 2, 3, 4, 5], start: "08:00", end: "18:00" },
      { days: [6], start: "09:00", end: "13:00" },
    ],
  });
  expect(parts.closures?.[1]).toMatchObject({
    resources: ["anaesthesia-2"],
    firstDate: { year: 2026, month: 2, day: 20 },
    lastDate: { year: 2026, month: 2, day: 20 },
    start: "12:00",
  });
  const { parts: one } = readCapacityCsv(csv(head, "pool,ward,BED,,,,,,,14,"));
  expect(Object.keys(one)).toEqual(["pools"]);
});

test("names line and column of everything that is wrong in a table", () => {
  const wrong = () =>
    readCapacityCsv(
      csv(
        head,
        "resource,room-1,ROOM,,MON-FRI,,,8:00,18:00,,",
        "# a comment, and an empty line",
        "",
        "resource,room-2,ROOMS,,FRI-MON,,,08:00,18:00,,",
        "closure,,MAINTENANCE,,,02.02.2026,,,,,",
        "pool,ward,BED,,,,,,,many,",
        "bed,ward,BED,,,,,,,1,",
      ),
    );
  expect(problemsOf(wrong)).toEqual([
    "f.csv: line 2, start: is not HH:MM",
    expect.stringContaining("f.csv: line 5, kind: is not one of ROOM, THEATRE, "),
    "f.csv: line 5, days: are not days such as MON-FRI or MON WED",
    "f.csv: line 6, date: is not YYYY-MM-DD",
    "f.csv: line 6, reason: is missing",
    "f.csv: line 7, capacity: is not a number",
    "f.csv: line 8, row: is not resource, pool, opening or closure",
  ]);
});

test("tells what the contract's rules refuse by the line too, and what is no table at all", () => {
  const rule = () => readCapacityCsv(csv(head, "pool,The Ward,BED,,,,,,,14,"));
  expect(problemsOf(rule)).toEqual([expect.stringMatching(/^f\.csv: line 2, id: .*pattern/)]);
  const column = () => readCapacityCsv(csv("row,colour", "pool,red"));
  expect(problemsOf(column)[0]).toContain("f.csv: line 1, colour: is no column: expected row,");
  const ragged = () => readCapacityCsv(csv("row,id", "pool"));
  expect(problemsOf(ragged)[0]).toContain("f.csv: line 2: ");
});

test("puts what the service refuses at its line: rows, cells, and parts that are not of the file", async () => {
  const { locate } = readCapacityCsv(
    csv(
      head,
      "resource,room-1,ROOM,,MON,,,08:00,18:00,,",
      "resource,room-1,ROOM,,TUE,,,18:00,08:00,,",
      "closure,,OUTAGE,room-9,,2026-02-02,,,,,flood",
    ),
  );
  const violation = (field: string) => ({ field, description: "no" });
  const refused = new CallError("PublishHub", {
    code: "INVALID_ARGUMENT",
    reason: "HUB_DOCUMENT_INVALID",
    domain: "capacity.carehub",
    metadata: {},
    violations: [
      violation("hub.resources[0].weekly_openings[1].end"),
      violation("hub.closures[0].resources[0]"),
      violation("hub.closures[0]"),
      violation("hub.zone"),
    ],
    traceId: "",
  });
  const told = await locating(locate, () => Promise.reject(refused)).catch((error) => error);
  expect(told).toBeInstanceOf(CallError);
  expect(told).toMatchObject({ reason: "HUB_DOCUMENT_INVALID" });
  expect((told as CallError).violations.map(({ field }) => field)).toEqual([
    "line 3, end",
    "line 4, resources",
    "line 4",
    "hub.zone",
  ]);
});

test("reads bookings from a table: times with an offset or of a zone, beds by dates, cancelled ones without a place", () => {
  const { entries, locate } = readBookings(
    csv(
      "source_id,source,resource,pool,start,end,count,status,beam_offset,beam_minutes",
      "A-1,aria,room-1,,2026-02-03T09:00+05:00,2026-02-03T04:40:00Z,,booked,15,10",
      "A-2,aria,room-1,,2026-02-03 09:00,2026-02-03T09:40,,booked,,",
      "A-3,beds,,ward,2026-02-03,2026-02-05,2,BOOKED,,",
      "A-4,aria,,,,,,cancelled,,",
    ),
    "Asia/Almaty",
  );
  expect(entries.map((entry) => toJson(ExternalBookingSchema, entry))).toEqual([
    {
      source: "aria",
      sourceId: "A-1",
      status: "STATUS_BOOKED",
      resourceTime: {
        resource: "room-1",
        startTime: "2026-02-03T04:00:00Z",
        endTime: "2026-02-03T04:40:00Z",
        beam: { offsetMinutes: 15, minutes: 10 },
      },
    },
    expect.objectContaining({
      resourceTime: expect.objectContaining({ startTime: "2026-02-03T04:00:00Z" }),
    }),
    expect.objectContaining({
      stay: {
        pool: "ward",
        firstDate: { year: 2026, month: 2, day: 3 },
        lastDate: { year: 2026, month: 2, day: 5 },
        count: 2,
      },
    }),
    { source: "aria", sourceId: "A-4", status: "STATUS_CANCELLED" },
  ]);
  expect(locate("entries[2].stay.pool")).toEqual({ line: 4, field: "pool" });
  expect(locate("entries[0].resource_time.end_time")).toEqual({ line: 2, field: "end" });
});

test("names line and column of what is wrong with a booking", () => {
  const wrong = () =>
    readBookings(
      csv(
        "source_id,source,resource,start,end,status",
        "A-1,aria,room-1,2026-02-03T09:00,2026-02-31T09:40Z,booked",
        "A-2,aria,,2026-02-03T09:00Z,2026-02-03T09:40Z,planned",
      ),
      undefined,
    );
  expect(problemsOf(wrong)).toEqual([
    "f.csv: line 2, start: has no offset: write 2026-02-03T09:00+05:00, or give --zone",
    "f.csv: line 2, end: is no time such as 2026-02-03T09:00+05:00",
    "f.csv: line 3, status: is not booked or cancelled",
    "f.csv: line 3, resource: is missing",
  ]);
  const beams = () =>
    readBookings(
      csv(
        "source_id,source,resource,pool,start,end,status,beam_offset,beam_minutes",
        "A-1,aria,room-1,,2026-02-03T09:00Z,2026-02-03T09:40Z,booked,10,",
        "A-2,beds,,ward,2026-02-03,2026-02-05,booked,,10",
        "A-3,aria,room-1,,2026-02-03T09:00Z,2026-02-03T09:40Z,booked,,ten",
      ),
      undefined,
    );
  expect(problemsOf(beams)).toEqual([
    "f.csv: line 2, beam_minutes: is missing beside beam_offset",
    "f.csv: line 3, beam_minutes: is of rooms, not of beds",
    "f.csv: line 4, beam_minutes: is not a number",
  ]);
  const yaml = { name: "b.yaml", isCsv: false, text: "entries:\n  - source: A B\n    status: 1\n" };
  expect(problemsOf(() => readBookings(yaml, undefined))[0]).toMatch(
    /^b\.yaml: line 2, entries\[0\]\.source: /,
  );
});

test("finds the lines of a hub's document, through aliases too, and of everything that cannot be read", () => {
  const name = "astana-proton.yaml";
  const file = readYaml(name, example(name));
  expect(file.message(HubSchema, ["hub"]).name).toBe("hubs/astana-proton");
  const lineOf = (text: string, nth = 0) =>
    example(name)
      .split("\n")
      .flatMap((line, index) => (line.includes(text) ? [index + 1] : []))[nth];
  expect(file.lineOf("hub.zone")).toBe(lineOf("zone: Asia"));
  const opening = file.lineOf("hub.resources[0].weekly_openings[0].end");
  // The second room's hours are those of the first by an alias.
  expect(opening).toBe(lineOf('end: "20:00"'));
  expect(file.lineOf("hub.resources[1].weekly_openings[0].end")).toBe(opening);
  // What is not there is told at what should hold it.
  expect(file.lineOf("hub.closures[0].nothing")).toBe(file.lineOf("hub.closures[0]"));
  const text = [
    "hub:",
    "  name: hubs/a",
    "  validUntilTime: tomorrow",
    "  resources:",
    "    - { id: room-1, kind: ROOM }",
    "    - id: room-2",
    "      weeklyOpening: []",
    "  pools: { id: ward }",
  ].join("\n");
  const wrong = readYaml("h.yaml", text);
  expect(problemsOf(() => wrong.message(HubSchema, ["hub"]))).toEqual([
    'h.yaml: line 3, hub.validUntilTime: is "tomorrow", not a time such as "2026-01-05T04:00:00Z"',
    expect.stringMatching(/^h\.yaml: line 5, hub\.resources\[0\]\.kind: is "ROOM", not one of /),
    "h.yaml: line 7, hub.resources[1].weeklyOpening: is no field of Resource",
    'h.yaml: line 8, hub.pools: cannot be {"id":"ward"}',
  ]);
  expect(problemsOf(() => readYaml("h.yaml", "hub:\n  a: [1\n"))[0]).toContain("h.yaml: line ");
});
