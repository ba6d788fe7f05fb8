import { parseUuid } from "@carehub/rules/ids";
import type { Course } from "./course.ts";
import type { Hold } from "./hold.ts";
import { monday, surgeryTemplate, testNow } from "./hub.builder.ts";
import { minuteOfInstant } from "./hub-time.ts";

const operation = {
  start: minuteOfInstant(Temporal.Instant.from("2026-02-02T03:00:00Z")),
  end: minuteOfInstant(Temporal.Instant.from("2026-02-02T07:00:00Z")),
};

/** An operation on a Monday, with its beds, held in round 1 until ten days after the tests' time. */
export const aHold: Hold = {
  round: 1,
  sessions: [
    {
      number: 1,
      phase: "main",
      site: "hubs/test-hub/resources/theatre-1",
      ...operation,
      uses: [{ resource: "hubs/test-hub/resources/theatre-1", ...operation }],
    },
  ],
  stays: [
    {
      stay: "intensive-care",
      pool: "hubs/test-hub/pools/picu",
      firstDate: monday,
      lastDate: monday.add({ days: 2 }),
    },
    {
      stay: "ward",
      pool: "hubs/test-hub/pools/ward",
      firstDate: monday.add({ days: 3 }),
      lastDate: monday.add({ days: 7 }),
    },
  ],
  pools: ["hubs/test-hub/pools/picu", "hubs/test-hub/pools/ward"],
  firstDate: monday,
  lastDate: monday.add({ days: 7 }),
  underAnaesthesia: true,
  answerBy: {
    onDate: Temporal.PlainDate.from("2026-01-14"),
    expiresAt: testNow.add({ hours: 9 * 24 }),
    answerTime: { workingDays: 5, calendars: ["UZ"], graceHours: 24, clause: "" },
    calendarVersion: "test",
    estimated: false,
  },
  releaseAt: testNow.add({ hours: 10 * 24 }),
  serviceItems: [{ serviceCode: "heart-surgery", quantity: 1 }],
  services: surgeryTemplate.services,
  certificate: {
    hash: "00",
    document: "{}",
    templateVersion: 1,
    capacityVersion: 1,
    calendarVersion: "test",
  },
};

/** A referral's course, held; a test changes what matters to it. */
export function aCourse(parts: Partial<Course> = {}): Course {
  return {
    id: parseUuid("0198c0de-0000-7000-8000-000000000001", "id"),
    hub: "hubs/test-hub",
    sendingParty: "parties/UZ",
    state: "HELD",
    round: 1,
    closed: false,
    hold: aHold,
    recorded: [],
    ...parts,
  };
}

/** The same, waiting for capacity since the tests' time. */
export function aWaitingCourse(): Course {
  const { hold: _, ...course } = aCourse({ state: "WAITLISTED" });
  const { answerTime } = aHold.answerBy;
  return { ...course, waiting: { sinceAt: testNow, priority: "ROUTINE", answerTime } };
}
