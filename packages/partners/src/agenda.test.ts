import { expect, test } from "vitest";
import { createAgenda } from "./agenda.ts";

const at = (text: string) => Temporal.Instant.from(text);

test("gives what is due in the order of time, and of entry at one time", async () => {
  const agenda = createAgenda();
  const done: string[] = [];
  const note = (name: string) => async () => void done.push(name);
  agenda.add({ at: at("2026-01-07T00:00:00Z"), act: note("third") });
  agenda.add({ at: at("2026-01-05T00:00:00Z"), act: note("first") });
  agenda.add({ at: at("2026-01-05T00:00:00Z"), act: note("second") });
  for (const appointment of agenda.takeDue(at("2026-01-06T00:00:00Z"))) await appointment.act();
  expect(done).toEqual(["first", "second"]);
  expect(agenda.nextAt()).toEqual(at("2026-01-07T00:00:00Z"));
});
