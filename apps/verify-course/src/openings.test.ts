import { fromJson } from "@bufbuild/protobuf";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { expect, test } from "vitest";
import { minuteAt } from "./clock.ts";
import { isOpen } from "./hub.ts";

const hub = fromJson(HubSchema, {
  name: "hubs/test",
  zone: "Asia/Almaty",
  country: "KZ",
  resources: [
    {
      id: "room",
      kind: 1,
      weeklyOpenings: [
        { days: [1], start: "08:00", end: "12:00" },
        { days: [1, 3], start: "12:00", end: "24:00" },
        { days: [2, 4], start: "00:00", end: "06:00" },
        { days: [6], start: "08:00", end: "10:00", onlyForCompensation: true },
      ],
    },
  ],
  exceptionalOpenings: [{ date: { year: 2026, month: 3, day: 23 }, start: "08:00", end: "09:00" }],
});

function opens(date: string, from: string, to: string, forCompensation = false): boolean {
  const [room] = hub.resources;
  if (room === undefined) throw new Error("the hub has a room");
  const at = (time: string) => minuteAt(Temporal.PlainDate.from(date), time, hub.zone);
  return isOpen(hub, room, { start: at(from), end: at(to), forCompensation });
}

test.each([
  ["across two openings that touch", "2026-02-02", "11:00", "13:00", true],
  ["before the first", "2026-02-02", "07:59", "09:00", false],
  ["on a weekday without one", "2026-02-06", "08:00", "09:00", false],
  ["past the end of the night", "2026-02-03", "05:00", "06:01", false],
  ["on a holiday that moved to a Monday", "2026-03-09", "09:00", "10:00", false],
  ["on a holiday with an exceptional opening", "2026-03-23", "08:00", "09:00", true],
  ["on a Saturday that works as a Monday does", "2024-05-04", "08:00", "09:00", true],
  ["where the working days are not known", "2040-02-06", "09:00", "10:00", false],
])("knows whether a room is open %s", (_, date, from, to, open) => {
  expect(opens(date, from, to)).toBe(open);
});

test("opens what is kept for lost days only to what makes up for them", () => {
  expect(opens("2026-02-07", "08:00", "10:00")).toBe(false);
  expect(opens("2026-02-07", "08:00", "10:00", true)).toBe(true);
});

test("opens a night that goes on past midnight", () => {
  const [room] = hub.resources;
  const at = (date: string, time: string) =>
    minuteAt(Temporal.PlainDate.from(date), time, hub.zone);
  const night = { start: at("2026-02-02", "22:00"), end: at("2026-02-03", "05:00") };
  expect(room && isOpen(hub, room, { ...night, forCompensation: false })).toBe(true);
});
