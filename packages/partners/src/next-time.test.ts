import { expect, test } from "vitest";
import { createAgenda } from "./agenda.ts";
import { nextTime } from "./next-time.ts";

const at = (text: string) => Temporal.Instant.from(`2026-01-05T${text}:00Z`);
const now = at("00:00");

function agendaOf(...times: string[]) {
  const agenda = createAgenda();
  for (const time of times) agenda.add({ at: at(time), key: "one", act: async () => undefined });
  return agenda;
}

test.each([
  ["appointments of the same office hours together", ["08:00", "10:30", "12:00"], "", "10:30"],
  ["not past a due time between them", ["08:00", "10:30"], "09:00", "08:00"],
  ["to a due time that comes first", ["10:00"], "08:00", "08:00"],
  ["past due times that lie close, when no appointment does", ["12:00"], "08:00", "11:00"],
  ["to a due time when nobody has anything to do", [], "08:00", "11:00"],
] as const)("moves the clock %s", (_, times, due, expected) => {
  const nextDueAt = due === "" ? undefined : at(due);
  expect(nextTime(agendaOf(...times), { nextDueAt, now }, false)).toEqual(at(expected));
});

test("ends when every case is closed and nobody has anything to do", () => {
  expect(nextTime(agendaOf(), { nextDueAt: at("08:00"), now }, true)).toBeUndefined();
});

test("leaves a case alone that is open after the last day of the examples", () => {
  const nextDueAt = Temporal.Instant.from("2027-01-01T00:00:00Z");
  expect(nextTime(agendaOf(), { nextDueAt, now }, false)).toBeUndefined();
});
