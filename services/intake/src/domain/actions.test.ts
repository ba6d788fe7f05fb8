import { expect, test } from "vitest";
import {
  accepted,
  actionsOf,
  asked,
  caseIn,
  moneyIn,
  paidPrivately,
  shownActions,
  treated,
} from "./action-cases.builder.ts";
import { actionsByRole, blockerOf, type Side } from "./actions.ts";
import { careStateOf, settlementStateOf } from "./care-state.ts";
import { careTable } from "./care-table.builder.ts";
import { afterAnswers, answers, aReferral, now, referralId } from "./case.builder.ts";
import { careStates, settlementStates } from "./case-terms.ts";
import { deferReferral } from "./deferral.ts";
import type { CaseFacts } from "./facts.ts";
import { moneyTable, privateTable } from "./money-tables.builder.ts";
import { cancelReferral } from "./referral.ts";
import { serviceActions, serviceActionsByRole } from "./service-actions.ts";

const sides: readonly Side[] = ["ministry", "hub"];

const rowOf = (facts: CaseFacts) => ({
  ministry: shownActions(facts, "ministry"),
  hub: shownActions(facts, "hub"),
});

test.each(careStates)("a case in %s takes exactly the commands of the table", (state) => {
  const { facts } = caseIn[state];
  expect(careStateOf(facts)).toBe(state);
  expect(rowOf(facts)).toEqual(careTable[state]);
});

test.each(settlementStates)("money in %s takes exactly the commands of the table", (state) => {
  const { facts } = moneyIn[state];
  expect(settlementStateOf(facts)).toBe(state);
  expect(rowOf(facts)).toEqual(moneyTable[state]);
  expect(rowOf(paidPrivately(moneyIn[state]).facts)).toEqual(privateTable[state]);
});

test("names every command of a side in every row, each once", () => {
  const rows = [careTable, moneyTable, privateTable].flatMap((table) => Object.values(table));
  expect(rows).toHaveLength(careStates.length + 2 * settlementStates.length);
  for (const side of sides) {
    const all = [
      ...actionsByRole[side],
      ...Object.values(serviceActionsByRole[side]).flat(),
    ].toSorted();
    for (const row of rows) {
      const named = row[side].flatMap((line) => line.split(": ")[1]?.split(" ") ?? []);
      expect(named.toSorted()).toEqual(all);
    }
  }
});

test("says that the treatment ended while the seat and the charges are still on their way", () => {
  const { facts } = afterAnswers(accepted, ...treated, answers.ended());
  expect(facts.closed).toBeUndefined();
  for (const side of sides) {
    const reasons = actionsByRole[side].map((action) => blockerOf(facts, action, now)?.reason);
    expect(new Set(reasons)).toEqual(new Set(["TREATMENT_ENDED"]));
  }
  const invoice = actionsOf(facts, "ministry").find(({ action }) => action === "AcceptInvoice");
  expect(invoice?.blocker).toMatchObject({ reason: "INVOICE_NOT_FOUND", unblockedBy: "service" });
});

test("refuses every command once the time to act has passed, before the sweeper comes", () => {
  const late = now.add({ hours: 24 * 40 });
  const overdue = (facts: CaseFacts) => blockerOf(facts, "DeferReferral", late);
  expect(overdue(aReferral().facts)?.metadata).toMatchObject({ stopReason: "TRIAGE_OVERDUE" });
  expect(overdue(asked.facts)?.metadata).toMatchObject({ stopReason: "INFORMATION_OVERDUE" });
  expect(overdue(caseIn.HELD.facts)?.metadata).toMatchObject({ stopReason: "ANSWER_OVERDUE" });
  // A death is told at once, however long billing is away with the answer.
  expect(blockerOf(caseIn.HELD.facts, "CancelReferral", late)).toBeUndefined();
  expect(overdue(caseIn.BOOKED.facts)).toBeUndefined();
  const noShow = blockerOf(caseIn.BOOKED.facts, "CancelReferral", now.add({ hours: 24 * 70 }));
  expect(noShow?.metadata).toMatchObject({ stopReason: "NO_SHOW" });
  const resume = (days: number) =>
    blockerOf(caseIn.DEFERRED.facts, "ResumeReferral", now.add({ hours: 24 * days }));
  expect(resume(90)).toBeUndefined();
  expect(resume(91)?.metadata).toMatchObject({ stopReason: "DEFERRAL_OVERDUE" });
});

test("tells the hub of a stop that it may decline, and the ministry that the hub can unblock it", () => {
  const asking = cancelReferral(caseIn.IN_TREATMENT, { reason: "CANCELLED", now }).state;
  const pending = afterAnswers(asking, answers.stopPending()).facts;
  const told = (facts: CaseFacts, side: Side, name: string) =>
    actionsOf(facts, side).find(({ action }) => action === name)?.blocker;
  expect(told(asking.facts, "hub", "DeclineCourseStop")?.reason).toBe("STOP_NOT_PENDING");
  expect(told(pending, "hub", "DeclineCourseStop")).toBeUndefined();
  expect(told(pending, "ministry", "CancelReferral")).toMatchObject({
    reason: "STOP_ALREADY_ASKED",
    unblockedBy: "hub",
  });
});

test("blocks the payer's answer once its time is over, as billing would", () => {
  const look = { id: referralId, side: "ministry", now: now.add({ hours: 24 * 6 }) } as const;
  const [guarantee] = serviceActions(caseIn.HELD.facts, look);
  expect(guarantee).toMatchObject({
    action: "GuaranteePayment",
    blocker: { reason: "ANSWER_TOO_LATE", metadata: { answerBy: "2026-01-10T19:00:00Z" } },
  });
});

test("hides the account from a ministry that does not pay, and names the blocker with its place", () => {
  const { facts } = caseIn.HELD;
  const sendingParty = "parties/KG";
  const other = { ...facts, submission: { ...facts.submission, sendingParty } };
  const [guarantee] = serviceActions(other, { id: referralId, side: "ministry", now });
  const metadata = { name: `accounts/${referralId}` };
  expect(guarantee?.blocker).toEqual({ reason: "ACCOUNT_NOT_FOUND", metadata });
});

test("lets a deferral wait for what is given back before it can be deferred again", () => {
  const { facts } = deferReferral(caseIn.BOOKED, { reason: "CLINICAL", now }).state;
  const blocker = blockerOf(facts, "DeferReferral", now);
  expect(blocker).toMatchObject({
    reason: "ALREADY_DEFERRED",
    metadata: { resumeByTime: "2026-04-05T19:00:00Z" },
  });
});
