import { randomUUID } from "node:crypto";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { expect, test } from "vitest";
import { aCourse } from "./course.builder.ts";
import { aHub, monday, testNow } from "./hub.builder.ts";
import {
  approveOverride,
  type Override,
  proposeOverride,
  shownState,
  type ToPropose,
  useOverride,
  withdrawOverride,
} from "./override.ts";

const one = { reference: "e-1", role: "planner" };
const other = { reference: "e-2", role: "chief" };
const id = randomUUID() as Uuid;
const expiresAt = testNow.add({ hours: 48 });
const aDayLater = { ...aWish(), expiresAt };

function aWish(): ToPropose {
  const dates = { firstDate: monday, lastDate: monday.add({ days: 2 }) };
  const opens = { kind: "OVERBOOKING", pool: "picu", ...dates, count: 1 } as const;
  return { course: id, opens, reason: "CLINICAL_URGENCY", expiresAt: testNow.add({ hours: 48 }) };
}

const proposed = proposeOverride(aDayLater, { hub: aHub(), actor: one, now: testNow });
const approved = approveOverride(proposed, { actor: other, now: testNow });
const used = useOverride(approved, id, testNow);
const withdrawn = withdrawOverride(approved, testNow);

const commands: Record<string, (override: Override, now: Temporal.Instant) => Override> = {
  approve: (override, now) => approveOverride(override, { actor: other, now }),
  withdraw: withdrawOverride,
  use: (override, now) => useOverride(override, id, now),
};

const late = expiresAt;

test.each([
  ["PROPOSED", proposed, testNow, { approve: "APPROVED", withdraw: "WITHDRAWN", use: "refused" }],
  ["APPROVED", approved, testNow, { approve: "refused", withdraw: "WITHDRAWN", use: "USED" }],
  ["USED", used, testNow, { approve: "refused", withdraw: "refused", use: "refused" }],
  ["WITHDRAWN", withdrawn, testNow, { approve: "refused", withdraw: "refused", use: "refused" }],
  ["EXPIRED", proposed, late, { approve: "refused", withdraw: "refused", use: "refused" }],
  ["EXPIRED", approved, late, { approve: "refused", withdraw: "refused", use: "refused" }],
  ["USED", used, late, { approve: "refused", withdraw: "refused", use: "refused" }],
  ["WITHDRAWN", withdrawn, late, { approve: "refused", withdraw: "refused", use: "refused" }],
] as const)("in %s lets happen only what may follow", (state, override, now, follows) => {
  expect(shownState(override, now)).toBe(state);
  for (const [name, result] of Object.entries(follows)) {
    const run = () => commands[name]?.(override, now).state;
    if (result !== "refused") expect(run()).toBe(result);
    else expect(run).toThrow(refusal("OVERRIDE_NOT_OPEN", { state }));
  }
});

test("takes two persons, whatever their roles", () => {
  const again = { actor: { ...one, role: "chief" }, now: testNow };
  expect(() => approveOverride(proposed, again)).toThrow(
    refusal("OVERRIDE_SAME_PERSON", { actor: "e-1" }),
  );
  expect(approved).toMatchObject({ proposal: { actor: "e-1" }, approval: { actor: "e-2" } });
});

test("is used by its course alone, and by the first where it names none", () => {
  const stranger = randomUUID() as Uuid;
  expect(() => useOverride(approved, stranger, testNow)).toThrow(
    refusal("OVERRIDE_NOT_FITTING", { course: `courses/${id}` }),
  );
  expect(useOverride({ ...approved, course: undefined }, stranger, testNow).course).toBe(stranger);
});

test("is proposed only for courses that can have times", () => {
  const propose = (parts: Parameters<typeof aCourse>[0]) => () =>
    proposeOverride(aWish(), { hub: aHub(), actor: one, now: testNow, course: aCourse(parts) });
  for (const state of ["UNAVAILABLE", "WAITLISTED", "HELD", "BOOKED", "IN_TREATMENT"] as const) {
    expect(propose({ state })().state).toBe("PROPOSED");
  }
  for (const state of ["NONE", "ENDED", "RELEASED", "LAPSED"] as const) {
    expect(propose({ state })).toThrow(refusal("OVERRIDE_NOT_FITTING", { state }));
  }
  expect(propose({ state: "HELD", closed: true })).toThrow(DomainError);
});

const at = (text: string) => Temporal.Instant.from(text);
const hours = { kind: "OUTSIDE_HOURS", resources: ["room-1", "team-1"] } as const;
const evening = { startAt: at("2026-02-02T13:00:00Z"), endAt: at("2026-02-02T16:00:00Z") };
const beds = { kind: "OVERBOOKING", pool: "picu", count: 1 } as const;

test.each<[string, Partial<ToPropose>, string]>([
  ["an expiry that is over", { expiresAt: testNow }, "expire_time"],
  ["an expiry in 32 days", { expiresAt: testNow.add({ hours: 32 * 24 }) }, "expire_time"],
  [
    "reversed times",
    { opens: { ...hours, startAt: evening.endAt, endAt: evening.startAt } },
    "outside_hours.end_time",
  ],
  [
    "times of two days",
    { opens: { ...hours, ...evening, endAt: at("2026-02-02T20:00:00Z") } },
    "outside_hours.end_time",
  ],
  [
    "times that are over",
    { opens: { ...hours, startAt: testNow.subtract({ hours: 2 }), endAt: testNow } },
    "outside_hours.end_time",
  ],
  [
    "reversed days",
    { opens: { ...beds, firstDate: monday, lastDate: monday.subtract({ days: 1 }) } },
    "overbooking.last_date",
  ],
  [
    "days for more than a month",
    { opens: { ...beds, firstDate: monday, lastDate: monday.add({ days: 31 }) } },
    "overbooking.last_date",
  ],
])("refuses %s", (_, parts, field) => {
  const propose = () =>
    proposeOverride({ ...aWish(), ...parts }, { hub: aHub(), actor: one, now: testNow });
  expect(propose).toThrow(refusal("OVERRIDE_PERIOD_INVALID", { field }));
});

test("opens what the hub has: resources, and beds of its pools", () => {
  const propose = (opens: ToPropose["opens"]) => () =>
    proposeOverride({ ...aWish(), opens }, { hub: aHub(), actor: one, now: testNow }).state;
  const dates = { firstDate: monday, lastDate: monday };
  expect(propose({ ...hours, ...evening })()).toBe("PROPOSED");
  const unknown = { ...hours, ...evening, resources: ["room-1", "room-9"] };
  expect(propose(unknown)).toThrow(refusal("RESOURCE_UNKNOWN", { resource: "room-9" }));
  for (const pool of ["beam", "room-1"]) {
    const opens = { ...beds, ...dates, pool };
    expect(propose(opens)).toThrow(refusal("RESOURCE_UNKNOWN", { resource: pool }));
  }
});

function refusal(reason: string, metadata: Record<string, string>) {
  return expect.objectContaining({ reason, metadata });
}
