import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Course_State,
  RecordedSession_State,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import {
  type PlannedSession,
  PlannedSessionSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/session_pb.ts";
import { expect, test } from "vitest";
import { FileError } from "./file-error.ts";
import { dayOf, sessionsCsv, sessionsTable } from "./sessions.ts";
import { readSessions } from "./sessions-file.ts";

const zone = "Asia/Almaty";
const course = "courses/018f0000-0000-7000-8000-000000000001";

function at(time: string) {
  return timestampFromMs(Temporal.Instant.from(`2026-01-26T${time}Z`).epochMilliseconds);
}

function planned(number: number, states: RecordedSession_State[] = []): PlannedSession {
  return create(PlannedSessionSchema, {
    course,
    number,
    phase: number > 0 ? "main" : "",
    step: number > 0 ? "" : "mask",
    site: number > 0 ? "hubs/astana-proton/resources/room-1" : "",
    startTime: at("03:00"),
    endTime: at("03:40"),
    courseState: Course_State.IN_TREATMENT,
    records: states.map((state) => ({ number, state, missedReason: "NO_SHOW" })),
  });
}

function csv(text: string) {
  return { name: "day.csv", text, isCsv: true };
}

function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return error.problems.map(({ line, field, description }) => `${line} ${field} ${description}`);
  }
  throw new Error("nothing was found wrong");
}

test("tells a day's sessions in the hub's time, with what stands recorded", () => {
  const { DELIVERED, MISSED, ENTERED_IN_ERROR } = RecordedSession_State;
  const shown = sessionsTable(
    [planned(0), planned(1, [DELIVERED, ENTERED_IN_ERROR]), planned(2, [MISSED])],
    zone,
  );
  expect(shown).toContain("08:00-08:40");
  expect(shown).toMatch(/step 1 .* mask/);
  expect(shown).toMatch(/ 1 .*delivered, corrected 1x/);
  expect(shown).toMatch(/ 2 .*missed: NO_SHOW/);
});

test("a table of a day holds what is not recorded, and is read back as it was planned", () => {
  const { DELIVERED, ENTERED_IN_ERROR } = RecordedSession_State;
  const day = [planned(0), planned(1, [DELIVERED]), planned(2, [ENTERED_IN_ERROR]), planned(3)];
  const text = sessionsCsv(day, zone);
  expect(text.split("\n")).toHaveLength(3);
  expect(readSessions(csv(text), undefined)).toMatchObject({ entries: [], skipped: 2 });
  const filled = text.replace(",no,,", ",no,delivered,").replace(/,no,,$/, ",no,MISSED,no_show");
  const { entries } = readSessions(csv(filled), undefined);
  expect(entries).toMatchObject([
    {
      course,
      number: 2,
      record: {
        case: "delivered",
        value: { startTime: at("03:00"), site: "room-1", underAnaesthesia: false },
      },
    },
    { course, number: 3, record: { case: "missed", value: { reason: "NO_SHOW" } } },
  ]);
});

test("a time without an offset is of the zone, and is refused where there is none", () => {
  const text = `course,number,start,end,record\n${course},1,2026-01-26 08:00,2026-01-26 08:30,delivered`;
  const [entry] = readSessions(csv(text), zone).entries;
  expect(entry?.record.value).toMatchObject({ startTime: at("03:00"), endTime: at("03:30") });
  const problems = problemsOf(() => readSessions(csv(text), undefined));
  expect(problems).toEqual([
    expect.stringContaining("2 start has no offset"),
    expect.stringContaining("2 end has no offset"),
  ]);
});

test("says every problem of a table with its line and column", () => {
  const text = [
    "course,number,start,end,under_anaesthesia,record,reason",
    `${course},1,,,,came,`,
    `${course},one,,,,missed,`,
    `${course},1,2026-01-26T08:00Z,2026-01-26T08:30Z,maybe,delivered,NO_SHOW`,
  ].join("\n");
  expect(problemsOf(() => readSessions(csv(text), undefined))).toEqual([
    "2 record is not delivered or missed",
    "3 number is not a number",
    "3 reason is missing",
    "4 reason belongs to a missed session",
    "4 under_anaesthesia is not yes or no",
  ]);
  const late = `course,number,record,reason\n${course},1,missed,LATE`;
  expect(problemsOf(() => readSessions(csv(late), undefined))).toEqual([
    expect.stringMatching(/^2 reason /),
  ]);
});

test("a word for a day is counted from the hub's today, a date asks nobody", async () => {
  const today = async () => Temporal.PlainDate.from("2026-01-05");
  const shown = async (text?: string) => (await dayOf(text, today)).toString();
  expect(await shown()).toBe("2026-01-05");
  expect(await shown("yesterday")).toBe("2026-01-04");
  expect(await shown("tomorrow")).toBe("2026-01-06");
  const nobody = () => Promise.reject(new Error("nobody is asked"));
  expect((await dayOf("2026-02-16", nobody)).toString()).toBe("2026-02-16");
  await expect(dayOf("soon", nobody)).rejects.toThrow("expected YYYY-MM-DD");
});
