import { create, fromBinary } from "@bufbuild/protobuf";
import { calendarVersion } from "@carehub/calendar/table";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import {
  type CaseEvent,
  CaseEventSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { Message } from "@carehub/events/message";
import { must } from "@carehub/rules/fault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Billing, caller, newId, openBilling, payer } from "../billing.builder.ts";
import { someTerms } from "../domain/account.builder.ts";
import { onCaseEvent } from "./consumed.ts";
import { estimateRequest, type WireEvent } from "./requests.builder.ts";

let billing: Billing;
beforeAll(async () => {
  billing = await openBilling();
});
afterAll(() => billing.close());

test("prices what intake asks, with every term taken over", async () => {
  const id = newId();
  expect(await send(id, 1, estimateRequest())).toBe("done");
  const { account } = await billing.queries.getAccount(id, payer);
  expect(account.terms).toEqual(someTerms());
});

test("knows who sends, and takes a patient as payer", async () => {
  const id = newId();
  const sendingParty = "parties/KG";
  const payers = [{ party: "parties/private", shareBasisPoints: 10_000 }];
  expect(await send(id, 1, estimateRequest({ payers, sendingParty }))).toBe("done");
  const { account } = await billing.queries.getAccount(id, caller("ministry", "KG"));
  expect(account).toMatchObject({ sender: "parties/KG", terms: { payer: "parties/private" } });
});

test("prices a request of before it said who sends, which then is known as before", async () => {
  const id = newId();
  expect(await send(id, 1, estimateRequest({ sendingParty: "" }))).toBe("done");
  const { account } = await billing.queries.getAccount(id, payer);
  expect([account.estimate?.standing, account.sender]).toEqual(["OPEN", undefined]);
  await send(id, 2, estimateRequest({ round: 2, sendingParty: "parties/UZ" }));
  await send(id, 3, estimateRequest({ round: 3, sendingParty: "" }));
  const later = await billing.queries.getAccount(id, payer);
  expect(later.account.sender).toBe("parties/UZ");
});

test("withdraws an estimate that nobody answered in time", async () => {
  const id = newId();
  await send(id, 1, estimateRequest());
  const value = { round: 1, reason: "ANSWER_OVERDUE" };
  expect(await send(id, 2, { case: "estimateWithdrawRequested", value })).toBe("done");
  const { account } = await billing.queries.getAccount(id, payer);
  expect(account.estimate).toMatchObject({ standing: "WITHDRAWN", endReason: "ANSWER_OVERDUE" });
});

test("takes each message once, and stops at a gap", async () => {
  const id = newId();
  expect(await send(id, 1, estimateRequest())).toBe("done");
  expect(await send(id, 1, estimateRequest())).toBe("duplicate");
  await expect(send(id, 3, estimateRequest({ round: 2 }))).rejects.toThrow("saw referrals/");
  expect(billing.told.filter(({ kind }) => kind === "EstimateIssued").length).toBeGreaterThan(0);
  const events = await billing.db.run("test-1", "select from log.event where key = $1", [id]);
  expect(events).toHaveLength(1);
});

test("charges, stops and closes as it is asked, and leaves the rest of the topic alone", async () => {
  const id = newId();
  await send(id, 1, estimateRequest());
  expect(await send(id, 2, { case: "bookingRequested", value: { round: 1 } })).toBe("ignored");
  expect(await send(id, 2, { case: undefined })).toBe("unknown-variant");
  expect(
    await send(id, 2, { case: "accountStopRequested", value: { round: 1, reason: "CANCELLED" } }),
  ).toBe("done");
  expect(await send(id, 3, { case: "chargesRequested", value: { round: 1 } })).toBe("done");
  expect(await send(id, 4, { case: "caseClosed", value: { careState: "CANCELLED" } })).toBe("done");
  const types = await billing.db.run<{ type: string }>(
    "test-types",
    "select type from log.event where key = $1 order by revision",
    [id],
  );
  expect(types.map(({ type }) => type.replace("carehub.billing.v1.", ""))).toEqual([
    "EstimateIssued",
    "EstimateWithdrawn",
    "GuaranteeReleased",
  ]);
});

test.each([
  ["PAYERS_NOT_SINGLE", { payers: [] }],
  ["PAYERS_NOT_SINGLE", { payers: [{ party: "parties/UZ", shareBasisPoints: 5_000 }] }],
  ["PAYER_IS_CREDITOR", { payers: [{ party: "parties/KZ", shareBasisPoints: 10_000 }] }],
  ["SERVICE_NOT_IN_TARIFF", { prices: [] }],
  ["INVALID_FIELD", { creditor: "parties/Kazakhstan" }],
  ["INVALID_FIELD", { contestTime: { workingDays: 0, calendars: [] } }],
  ["INVALID_FIELD", { firstDate: { year: 2026, month: 0, day: 0 } }],
  ["CURRENCY_UNKNOWN", { currencyCode: "XXX" }],
  ["CURRENCY_MISMATCH", { currencyCode: "UZS" }],
])("answers a request that it cannot price with %s, which stops the case", async (reason, over) => {
  const id = newId();
  expect(await send(id, 1, estimateRequest(over))).toBe("done");
  const rows = await billing.db.run<{ payload: Uint8Array }>(
    "test-answer",
    "select payload from log.event where key = $1 order by revision",
    [id],
  );
  const answers = rows.map(({ payload }) => fromBinary(AccountEventSchema, payload).event);
  expect(answers).toMatchObject([{ case: "estimateWithdrawn", value: { round: 1, reason } }]);
  expect(await send(id, 2, estimateRequest({ round: 2 }))).toBe("done");
});

test("refuses a request of no round, which no answer could name", async () => {
  await expect(send(newId(), 1, estimateRequest({ round: 0 }))).rejects.toMatchObject({
    reason: "INVALID_FIELD",
  });
});

test("refuses to charge what was never priced", async () => {
  const deliveredItems = [{ serviceCode: "operation", quantity: 1 }];
  const charges: WireEvent = { case: "chargesRequested", value: { round: 1, deliveredItems } };
  await expect(send(newId(), 1, charges)).rejects.toMatchObject({
    reason: "CHARGES_WITHOUT_ESTIMATE",
  });
});

test("invoices a treated patient also where the calendars end, with a deadline that says so", async () => {
  const deliveredItems = [{ serviceCode: "operation", quantity: 1 }];
  const charges: WireEvent = { case: "chargesRequested", value: { round: 1, deliveredItems } };
  const id = newId();
  const endless = { workingDays: 5_000, calendars: ["UZ", "KZ"], graceHours: 0, clause: "" };
  await send(id, 1, estimateRequest({ contestTime: endless }));
  expect(await send(id, 2, charges)).toBe("done");
  const { account } = await billing.queries.getAccount(id, payer);
  expect(account.invoice?.contestBy).toMatchObject({
    estimated: true,
    calendarVersion: `${calendarVersion}+weekdays`,
  });
});

function send(id: string, revision: number, event: WireEvent) {
  const aggregate = `referrals/${id}`;
  const topic = "carehub.intake.cases";
  const message: Message<CaseEvent> = {
    ...{ id: `${id}-${revision}`, type: "", topic, key: id, aggregate, revision },
    time: must(someTerms().answerBy.expireAt, "an instant"),
    actor: null,
    traceId: undefined,
    event: create(CaseEventSchema, { referral: aggregate, revision: BigInt(revision), event }),
    seen: { kind: "message", consumer: "billing.cases", topic, aggregate, revision },
  };
  return onCaseEvent(billing.requests)(message);
}
