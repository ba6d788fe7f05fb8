import type { Decision } from "@carehub/rules/decision";
import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { given } from "./decisions.ts";

type Door = { open: boolean; opened: number };
type DoorEvent = { type: "DoorOpened"; by: string } | { type: "BellRung" };

const open =
  (by: string) =>
  (door: Door): Decision<Door, DoorEvent> => {
    if (door.open) throw new DomainError("DOOR_OPEN", { by, opened: String(door.opened) });
    return {
      state: { open: true, opened: door.opened + 1 },
      events: [{ type: "DoorOpened", by }, { type: "BellRung" }],
    };
  };

const closed: Door = { open: false, opened: 0 };

test("holds when the events are these, in this order, by the fields shown", () => {
  given(closed)
    .when(open("Aigul"))
    .then([{ type: "DoorOpened" }, { type: "BellRung" }]);
});

test("holds when the state has the fields shown, and answers the decision", () => {
  const decision = given(closed)
    .when(open("Aigul"))
    .then({ state: { opened: 1 } });
  expect(decision.state.open).toBe(true);
});

test("fails on other events, another order, and events that were left out", () => {
  const decided = given(closed).when(open("Aigul"));
  expect(() => decided.then([{ type: "DoorOpened", by: "Bek" }, { type: "BellRung" }])).toThrow();
  expect(() => decided.then([{ type: "BellRung" }, { type: "DoorOpened" }])).toThrow();
  expect(() => decided.then([{ type: "DoorOpened" }])).toThrow();
  expect(() => decided.then({ state: { opened: 2 } })).toThrow();
});

test("holds when the rule refuses for this reason, with this metadata", () => {
  const refused = given({ open: true, opened: 4 }).when(open("Bek"));
  expect(refused.thenFails("DOOR_OPEN", { opened: "4" }).metadata.by).toBe("Bek");
  expect(() => refused.thenFails("DOOR_LOCKED")).toThrow();
  expect(() => refused.thenFails("DOOR_OPEN", { opened: "5" })).toThrow();
});

test("fails when a refusal was expected and the rule decided, or met a bug", () => {
  expect(() => given(closed).when(open("Bek")).thenFails("DOOR_OPEN")).toThrow(/decided/);
  const bug = (): never => {
    throw new TypeError("undefined is not a function");
  };
  expect(() => given(closed).when(bug).thenFails("DOOR_OPEN")).toThrow(TypeError);
});
