import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import {
  aConfirmation,
  eventsOf,
  nextMessage,
  openTestAgreements,
  publishParties,
  publishTexts,
  raiseDues,
  request,
  seatsOf,
  unbalanced,
} from "../agreements.builder.ts";
import { aProtocol, aQuota, days, someFacts } from "../domain/agreement.builder.ts";
import type { SeatRequest } from "../domain/seat.ts";
import { type ConfirmationRequest, confirmEntitlement } from "./confirm-entitlement.ts";
import { closeCase, moveSeat } from "./move-seat.ts";
import { requestEntitlement } from "./request-entitlement.ts";

type Opened = Awaited<ReturnType<typeof openTestAgreements>>;
const opened: Opened[] = [];
let agreements: Opened;
const quota = "agreements/protocol/quotas/heart";

beforeEach(async () => {
  agreements = await openTestAgreements();
  opened.push(agreements);
  await publishParties(agreements.app);
});

afterAll(() => Promise.all(opened.map(({ close }) => close())));

const confirm = (asked: ConfirmationRequest) =>
  confirmEntitlement(agreements.app, asked, nextMessage(asked.id));
const move = (id: string, asked: SeatRequest, reason = "") =>
  moveSeat(agreements.app, { id, round: 1, move: asked, reason }, nextMessage(id));
const close = (id: string) =>
  closeCase(agreements.app, { id, careState: "CANCELLED" }, nextMessage(id));
const told = async (id: string) => {
  const events = await eventsOf(agreements.db, id);
  return events.map(({ case: name, value }) => [name, value] as const);
};
const names = async (id: string) => (await told(id)).map(([name]) => name);
const publishProtocol = (seats = 10, aside = 3) =>
  publishTexts(agreements.app, aProtocol({ quotas: [aQuota(seats, aside)] }));

test("grants, confirms, commits and consumes a seat", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  await request(agreements.app, id, { facts: { residence_region: "UZ-QR" } });
  await confirm(aConfirmation(id, ["2026-03-02", "2026-03-16"]));
  await move(id, "COMMIT");
  await move(id, "CONSUME");
  const seat = { quota, period: "2026", setAside: "UZ-QR" };
  expect(await told(id)).toMatchObject([
    ["entitlementGranted", { round: 1, seat, currencyCode: "KZT", creditor: "parties/KZ" }],
    ["entitlementConfirmed", { round: 1, seat, tariffVersion: 1 }],
    ["seatCommitted", { round: 1, seat }],
    ["seatConsumed", { round: 1, seat }],
  ]);
  expect(await seatsOf(agreements.db, quota)).toMatchObject({ "UZ-QR": [3, 2, 0, 0, 1] });
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("a repeat of a move answers again and moves nothing", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  await request(agreements.app, id);
  await move(id, "RELEASE", "CANCELLED");
  await move(id, "RELEASE", "CANCELLED");
  await move(id, "COMMIT");
  expect(await names(id)).toEqual([
    "entitlementGranted",
    "seatReleased",
    "seatReleased",
    "seatReleased",
  ]);
  expect(await seatsOf(agreements.db, quota)).toMatchObject({ "": [7, 7, 0, 0, 0] });
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("a used seat is not given back", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  await request(agreements.app, id);
  await move(id, "CONSUME");
  await move(id, "RELEASE", "CANCELLED");
  expect(await names(id)).toEqual(["entitlementGranted", "seatConsumed", "seatConsumed"]);
});

test("a release without a seat answers without one, also for a case that is not known", async () => {
  await publishProtocol();
  const [refused, unknown] = [randomUUIDv7(), randomUUIDv7()];
  await request(agreements.app, refused, { facts: { diagnosis_code: "I25.1" } });
  await move(refused, "RELEASE", "REFUSED");
  await move(unknown, "RELEASE", "CANCELLED");
  expect((await told(refused)).at(-1)).toMatchObject(["seatReleased", { reason: "REFUSED" }]);
  expect((await told(refused)).at(-1)?.[1]).not.toHaveProperty("seat");
  expect(await names(unknown)).toEqual(["seatReleased"]);
});

test("an agreement that counts no seats grants, commits and consumes without one", async () => {
  const clauses = aProtocol().clauses.filter(({ id }) => id !== "seats");
  await publishTexts(agreements.app, aProtocol({ clauses, quotas: [] }));
  const id = randomUUIDv7();
  await request(agreements.app, id);
  await confirm(aConfirmation(id, ["2026-03-02", "2026-03-16"]));
  await move(id, "COMMIT");
  await move(id, "CONSUME");
  expect(await names(id)).toEqual([
    "entitlementGranted",
    "entitlementConfirmed",
    "seatCommitted",
    "seatConsumed",
  ]);
});

test("a case that waits is offered the freed seat once, by priority and then by arrival", async () => {
  await publishProtocol(1, 0);
  const [holder, routine, urgent] = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()];
  await request(agreements.app, holder);
  await request(agreements.app, routine);
  await request(agreements.app, urgent, { facts: { priority: "URGENT" } });
  expect((await told(routine))[0]).toMatchObject(["entitlementPended", { place: 1, quota }]);
  expect((await told(urgent))[0]).toMatchObject(["entitlementPended", { place: 1 }]);
  await move(holder, "RELEASE", "CANCELLED");
  await raiseDues(agreements.app);
  expect(await names(urgent)).toEqual(["entitlementPended", "entitlementGranted"]);
  expect(await names(routine)).toEqual(["entitlementPended"]);
  await close(urgent);
  await raiseDues(agreements.app);
  expect((await told(routine)).at(-1)).toMatchObject([
    "entitlementGranted",
    { round: 1, seat: { quota } },
  ]);
  expect(await seatsOf(agreements.db, quota)).toEqual({ "": [1, 0, 1, 0, 0] });
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("a pended case is promised an answer on a working day", async () => {
  await publishProtocol(0, 0);
  const id = randomUUIDv7();
  await request(agreements.app, id);
  const [, value] = (await told(id))[0] ?? [];
  const { promisedDate } = value as { promisedDate: { year: number; month: number; day: number } };
  expect(Temporal.PlainDate.from(promisedDate).dayOfWeek).toBeLessThan(7);
});

test("a course in another period moves the seat there in one commit", async () => {
  const [first, second] = [aQuota(2, 0).periods[0], aQuota(2, 0).periods[0]];
  if (first === undefined || second === undefined) throw new Error("the quota has a period");
  const periods = [
    { ...first, id: "h1", days: days("2026-01-01", "2026-06-30") },
    { ...second, id: "h2", days: days("2026-07-01", "2026-12-31"), seatCount: 1 },
  ];
  await publishTexts(agreements.app, aProtocol({ quotas: [{ ...aQuota(0, 0), periods }] }));
  const [id, late] = [randomUUIDv7(), randomUUIDv7()];
  await request(agreements.app, id);
  await request(agreements.app, late);
  await confirm(aConfirmation(id, ["2026-07-06", "2026-07-20"]));
  expect((await told(id)).at(-1)).toMatchObject([
    "entitlementConfirmed",
    { tariffVersion: 2, seat: { period: "h2" } },
  ]);
  await confirm(aConfirmation(late, ["2026-07-06", "2026-07-20"]));
  const [name, value] = (await told(late)).at(-1) ?? [];
  expect([name, value]).toMatchObject(["entitlementRefused", { reason: "PERIOD_CLOSED" }]);
  const { clauses } = value as { clauses: { clause: string; missingFacts: string[] }[] };
  expect(clauses.find(({ clause }) => clause.endsWith("/seats"))?.missingFacts).toEqual(["seat"]);
  const rows = await agreements.db.run(
    "test",
    "select period, available from seat_account order by 1",
  );
  expect(rows).toEqual([
    { period: "h1", available: 1 },
    { period: "h2", available: 0 },
  ]);
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("a refused confirmation keeps the seat until it is asked back, and a later round may confirm", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  await request(agreements.app, id);
  await confirm(aConfirmation(id, ["2026-03-02", "2026-07-02"]));
  await confirm(aConfirmation(id, ["2026-03-02", "2026-03-12"], { round: 2 }));
  await confirm(aConfirmation(id, ["2026-03-02", "2026-07-02"], { round: 1 }));
  expect(await told(id)).toMatchObject([
    ["entitlementGranted", {}],
    ["entitlementRefused", { round: 1, reason: "STAY_NOT_PERMITTED" }],
    ["entitlementConfirmed", { round: 2 }],
  ]);
  expect(await seatsOf(agreements.db, quota)).toMatchObject({ "": [7, 6, 1, 0, 0] });
});

test("an answered round is not answered again; a newer one keeps or replaces the seat", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  await request(agreements.app, id, { round: 2 });
  await request(agreements.app, id, { round: 2 });
  await request(agreements.app, id, { round: 1 });
  expect(await names(id)).toEqual(["entitlementGranted"]);
  await request(agreements.app, id, { round: 3 });
  expect(await seatsOf(agreements.db, quota)).toMatchObject({ "": [7, 6, 1, 0, 0] });
  await request(agreements.app, id, { round: 4, facts: { diagnosis_code: "I25.1" } });
  expect((await told(id)).at(-1)).toMatchObject([
    "entitlementRefused",
    { round: 4, reason: "DIAGNOSIS_NOT_COVERED" },
  ]);
  expect(await seatsOf(agreements.db, quota)).toMatchObject({ "": [7, 7, 0, 0, 0] });
  expect(await unbalanced(agreements.db)).toEqual([]);
});

test("a closed case gives its reserved seat back and refuses whatever comes later", async () => {
  await publishProtocol();
  const [id, unknown] = [randomUUIDv7(), randomUUIDv7()];
  await request(agreements.app, id);
  await close(id);
  await close(unknown);
  await close(unknown);
  await request(agreements.app, id, { round: 2 });
  await confirm(aConfirmation(id, ["2026-03-02", "2026-03-12"]));
  await request(agreements.app, unknown);
  expect(await told(id)).toMatchObject([
    ["entitlementGranted", {}],
    ["seatReleased", { reason: "CASE_CLOSED", seat: { quota } }],
    ["entitlementRefused", { round: 2, reason: "CASE_CLOSED" }],
    ["entitlementRefused", { round: 1, reason: "CASE_CLOSED" }],
  ]);
  expect(await told(unknown)).toMatchObject([["entitlementRefused", { reason: "CASE_CLOSED" }]]);
  expect(await seatsOf(agreements.db, quota)).toMatchObject({ "": [7, 7, 0, 0, 0] });
});

test("a committed seat outlives the case, and ends by its own request", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  await request(agreements.app, id);
  await move(id, "COMMIT");
  await close(id);
  await move(id, "CONSUME");
  expect(await names(id)).toEqual(["entitlementGranted", "seatCommitted", "seatConsumed"]);
});

test("a case that is not granted is not confirmed", async () => {
  await publishProtocol(0, 0);
  const [refused, pended, unknown] = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()];
  await request(agreements.app, refused, { facts: { age_years: 40 } });
  await request(agreements.app, pended);
  for (const id of [refused, pended, unknown]) {
    await confirm(aConfirmation(id, ["2026-03-02", "2026-03-12"]));
  }
  const reasons = await Promise.all(
    [refused, pended, unknown].map(async (id) => (await told(id)).at(-1)?.[1]),
  );
  expect(reasons).toMatchObject([
    { reason: "PERSON_NOT_COVERED" },
    { reason: "PERIOD_CLOSED" },
    { reason: "NO_AGREEMENT" },
  ]);
});

test("the same message twice has one effect", async () => {
  await publishProtocol();
  const id = randomUUIDv7();
  const source = nextMessage(id);
  const facts = someFacts();
  const asked = {
    ...{ id, round: 1, facts, sendingParty: "parties/UZ", hub: "hubs/umc-heart" },
    programme: "heart-surgery",
    referralDate: Temporal.PlainDate.from("2026-02-02"),
  };
  const kinds = [];
  for (const _ of [1, 2]) {
    kinds.push((await requestEntitlement(agreements.app, asked, source)).kind);
  }
  expect(kinds).toEqual(["done", "duplicate"]);
  expect(await names(id)).toEqual(["entitlementGranted"]);
});
