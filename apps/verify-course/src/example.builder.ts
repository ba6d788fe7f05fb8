import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import { calendarVersion } from "@carehub/calendar/table";
import { type Hub, HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { canonicalText, hashOf } from "./canonical.ts";

/*
 * A hub and a course written by hand: ten sessions under anaesthesia from Monday, 2 February 2026 in Almaty (UTC+5).
 * The accelerator is serviced on Wednesday the 11th, which the Saturday after makes up for.
 */

const weekdays = [1, 2, 3, 4, 5];
const weekly = (start: string, end: string) => ({ days: weekdays, start, end });
const saturday = { days: [6], start: "08:00", end: "14:00", onlyForCompensation: true };
const room = (id: string, more: JsonObject = {}): JsonObject => {
  return { id, kind: 1, weeklyOpenings: [weekly("08:00", "20:00"), saturday], ...more };
};
const use = (
  kind: number,
  offsetMinutes: number,
  minutes: number,
  onlyUnderAnaesthesia = false,
) => {
  return { kind, offsetMinutes, minutes, onlyUnderAnaesthesia };
};
const usual = {
  uses: [use(3, 0, 60, true), use(1, 15, 30), use(4, 60, 60, true)],
  beam: { offsetMinutes: 25, minutes: 10 },
};
const longer = {
  uses: [use(3, 0, 75, true), use(1, 15, 45), use(4, 75, 60, true)],
  beam: { offsetMinutes: 25, minutes: 10 },
};
const rules = {
  gridMinutes: 15,
  minGapHours: 12,
  maxGapHours: 72,
  sessionsPerDay: 1,
  sessionsPerWeek: 5,
  timeOfDayWindowMinutes: 60,
  sameSite: true,
  sameDayGapHours: 6,
  prolongationDaysMax: 2,
  interruptionCategory: 1,
  compensations: [1, 2],
  anaesthesiaWindow: { start: "07:30", end: "13:00" },
};

/** The hub's document, by its parts in JSON. */
export function aHub(parts: JsonObject = {}): Hub {
  return fromJson(HubSchema, {
    name: "hubs/test",
    version: 3,
    zone: "Asia/Almaty",
    country: "KZ",
    resources: [
      room("room-1", { mirrorGroup: "gantry", machineCheck: { start: "08:00", minutes: 30 } }),
      room("room-2", { mirrorGroup: "gantry" }),
      room("room-3"),
      { id: "team-1", kind: 3, weeklyOpenings: [weekly("07:30", "14:00"), saturday] },
      { id: "bay-1", kind: 4, weeklyOpenings: [weekly("08:00", "17:00"), saturday] },
      { id: "ct-1", kind: 5, weeklyOpenings: [weekly("08:00", "18:00")] },
    ],
    pools: [
      { id: "beam", kind: 2, capacity: 12, serves: ["room-1", "room-2", "room-3"] },
      { id: "ward", kind: 1, capacity: 2, changes: [closedBed] },
    ],
    closures: [
      { resources: ["room-1", "room-2", "room-3"], ...onDay(11), kind: 2, reason: "service" },
    ],
    templates: [aTemplate()],
    ...parts,
  });
}

/** The course that the hub offers, with other rules where they are given. */
export function aTemplate(parts: JsonObject = {}): JsonObject {
  return {
    id: "proton",
    version: 2,
    phases: [
      { id: "main", sessionCount: 6, sessionCountMin: 4, sessionCountMax: 8 },
      {
        id: "boost",
        sessionCount: 4,
        sessionCountMax: 6,
        session: usual,
        firstSession: longer,
      },
    ],
    session: { ...usual, sites: ["room-1", "room-2", "room-3"] },
    rules: { ...rules, ...parts },
    stays: [
      { id: "arrival", pool: "ward", fromDay: -1, days: 3 },
      { id: "ward", pool: "ward", fromDay: 2, days: 4 },
    ],
    preparation: [
      { id: "images", leadDaysMin: 5, leadDaysMax: 12, uses: [use(5, 0, 60)] },
      { id: "planning", leadDaysMin: 3 },
    ],
  };
}

const closedBed = { firstDate: day(20), lastDate: day(21), capacity: 0, reason: "staffing" };

function day(ofFebruary: number) {
  return { year: 2026, month: 2, day: ofFebruary };
}

/** First and last date on one day of February 2026. */
export function onDay(ofFebruary: number) {
  return { firstDate: day(ofFebruary), lastDate: day(ofFebruary) };
}

/** An instant of February 2026 by Almaty's clocks. */
export function at(ofFebruary: number, hours: number, minutes = 0): string {
  const date = Temporal.PlainDateTime.from({ year: 2026, month: 2, day: 1, minute: 0 });
  const time = date.add({ days: ofFebruary - 1 }).add({ minutes: (hours - 5) * 60 + minutes });
  return `${time.toString({ smallestUnit: "second" })}Z`;
}

/** A session at nine on a day of February, in its parts as the certificate has them. */
export function aSession(number: number, ofFebruary: number, more = 0) {
  const part = (resource: string, from: number, to: number) => ({
    resource: `hubs/test/resources/${resource}`,
    start_time: at(ofFebruary, 9, from),
    end_time: at(ofFebruary, 9, to),
  });
  return {
    number,
    phase: number <= 6 ? "main" : "boost",
    site: "hubs/test/resources/room-1",
    start_time: at(ofFebruary, 9),
    end_time: at(ofFebruary, 11, more),
    compensation: ofFebruary === 14 ? "EXTRA_DAY" : "",
    resources: [
      part("team-1", 0, 60 + more),
      part("room-1", 15, 45 + more),
      part("bay-1", 60 + more, 120 + more),
    ],
  };
}

/** The certificate in its parts; those of a test may be changed before it is written. */
export function aDocument() {
  const days = [2, 3, 4, 5, 6, 9, 10, 12, 13, 14];
  const sessions = days.map((date, index) => aSession(index + 1, date, index === 6 ? 15 : 0));
  const minutes = (time: string) => Temporal.Instant.from(time).epochMilliseconds / 60_000;
  return {
    course: "courses/one",
    hub: "hubs/test",
    capacity_version: 3,
    calendar: { country: "KZ", version: calendarVersion, zone: "Asia/Almaty" },
    template: { id: "proton", version: 2 },
    rules: {
      grid_minutes: 15,
      min_gap_hours: 12,
      max_gap_hours: 72,
      sessions_per_day: 1,
      sessions_per_week: 5,
      time_of_day_window_minutes: 60,
      same_site: true,
      same_day_gap_hours: 6,
      prolongation_days_max: 2 as number | null,
      interruption_category: 1,
      compensations: ["EXTRA_DAY", "SAME_DAY"],
      anaesthesia_window: ["07:30", "13:00"] as string[] | null,
    },
    start_between: ["2026-01-28", "2026-02-04"],
    under_anaesthesia: true,
    is_emergency: false,
    preparation: [
      {
        step: "images",
        start_time: at(-8, 9),
        end_time: at(-8, 10),
        resources: [
          { resource: "hubs/test/resources/ct-1", start_time: at(-8, 9), end_time: at(-8, 10) },
        ],
      },
      { step: "planning", start_time: at(-3, 0), end_time: at(-3, 0), resources: [] as object[] },
    ],
    sessions,
    gap_minutes: sessions
      .slice(1)
      .map(
        ({ start_time }, index) => minutes(start_time) - minutes(sessions[index]?.end_time ?? ""),
      ),
    stays: [
      {
        stay: "arrival",
        pool: "hubs/test/pools/ward",
        first_date: "2026-02-01",
        last_date: "2026-02-03",
      },
      {
        stay: "ward",
        pool: "hubs/test/pools/ward",
        first_date: "2026-02-04",
        last_date: "2026-02-07",
      },
    ],
    overall_days: 13,
    prolongation_days: 1,
    overflow_probability_ppm: 0,
  };
}

export type Document = ReturnType<typeof aDocument>;

/** The text of a document with its hash, changed before or not. */
export function written(change: (document: Document) => void = () => undefined) {
  const document = aDocument();
  change(document);
  const text = canonicalText(document);
  return { text, hash: hashOf(text) };
}
