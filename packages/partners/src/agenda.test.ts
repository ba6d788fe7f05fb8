import { expect, test } from "vitest";
import { type Appointment, createAgenda, keep } from "./agenda.ts";

const at = (text: string) => Temporal.Instant.from(text);

test("gives what is due in the order of time, and of entry at one time", async () => {
  const agenda = createAgenda();
  const done: string[] = [];
  const note = (name: string) => async () => void done.push(name);
  agenda.add({ at: at("2026-01-07T00:00:00Z"), key: "one", act: note("third") });
  agenda.add({ at: at("2026-01-05T00:00:00Z"), key: "one", act: note("first") });
  agenda.add({ at: at("2026-01-05T00:00:00Z"), key: "one", act: note("second") });
  expect(agenda.lastAtUntil(at("2026-01-06T00:00:00Z"))).toEqual(at("2026-01-05T00:00:00Z"));
  for (const appointment of agenda.takeDue(at("2026-01-06T00:00:00Z"))) await appointment.act();
  expect(done).toEqual(["first", "second"]);
  expect(agenda.nextAt()).toEqual(at("2026-01-07T00:00:00Z"));
});

test("does one after the other under one key, and others beside it", async () => {
  const done: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const appointment = (key: string, act: () => Promise<void>): Appointment => ({
    at: at("2026-01-05T00:00:00Z"),
    key,
    act,
  });
  await keep([
    appointment("one", () => promise.then(() => void done.push("first"))),
    appointment("one", async () => void done.push("second")),
    appointment("other", async () => {
      done.push("beside");
      resolve();
    }),
  ]);
  expect(done).toEqual(["beside", "first", "second"]);
});
