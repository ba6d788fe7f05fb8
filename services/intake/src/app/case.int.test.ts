import {
  CareState,
  SettlementState,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { moveClock, now } from "@carehub/database/clock";
import { startSweeper } from "@carehub/database/due";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerTraceId, otherServices, said } from "../answers.builder.ts";
import {
  aSubmission,
  mutation,
  refusalOf,
  startIntake,
  type TestIntake,
  wirePlan,
} from "../intake.builder.ts";

let intake: TestIntake;
beforeAll(async () => {
  intake = await startIntake();
});
afterAll(() => intake.close());

const uzbekistan = () => intake.as("ministry/UZ").referrals;
const heartCentre = () => intake.as("hub/umc-heart").referrals;

async function submitted() {
  const { referral } = await uzbekistan().submitReferral(aSubmission());
  const name = referral?.name ?? "";
  return { name, id: name.slice("referrals/".length) };
}

async function stateOf(name: string) {
  const { referral } = await uzbekistan().getReferral({ name });
  return referral;
}

test("leads a case from submission to discharge, and tells every step with its source and trace", async () => {
  const { name, id } = await submitted();
  const { agreements, capacity, billing } = otherServices(intake);
  await agreements(id, said.granted);
  await heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan });
  await capacity(id, said.held);
  expect(await stateOf(name)).toMatchObject({
    careState: CareState.HELD,
    progress: { awaitedAnswers: ["EntitlementConfirmRequested@1"], seatState: "RESERVED" },
  });
  await agreements(id, said.confirmed);
  await billing(id, said.estimated);
  await billing(id, said.guaranteed);
  await capacity(id, said.booked);
  await agreements(id, said.seatCommitted);
  await capacity(id, said.started);
  expect(await stateOf(name)).toMatchObject({
    careState: CareState.IN_TREATMENT,
    settlementState: SettlementState.GUARANTEED,
  });
  await capacity(id, said.ended);
  await agreements(id, said.seatConsumed);
  await billing(id, said.invoiced);
  const closed = await stateOf(name);
  expect(closed).toMatchObject({
    careState: CareState.DISCHARGED,
    settlementState: SettlementState.INVOICED,
    stateReason: "COMPLETED",
  });
  expect(closed?.closeTime).toBeDefined();
  const { entries } = await heartCentre().getCaseTimeline({ name });
  expect(entries.map(({ event }) => event?.event.case)).toEqual([
    ...["referralSubmitted", "entitlementRequested", "entitlementGranted"],
    ...["referralAccepted", "courseRequested", "courseHeld", "entitlementConfirmRequested"],
    ...["entitlementConfirmed", "estimateRequested", "estimateIssued"],
    ...["paymentGuaranteed", "bookingRequested", "courseBooked", "seatRequested"],
    ...["seatCommitted", "courseStarted", "courseEnded", "seatRequested", "chargesRequested"],
    ...["seatConsumed", "invoiceIssued", "caseClosed"],
  ]);
  expect(entries.map(({ event }) => event?.revision)).toEqual(
    entries.map((_, at) => BigInt(at + 1)),
  );
  const taken = entries.find(({ event }) => event?.event.case === "courseHeld")?.event;
  expect(taken).toMatchObject({ sourceEventId: "courses-1", sourceTraceId: answerTraceId });
  expect(entries[0]).toMatchObject({ caller: "ministry/UZ", actor: { reference: "E-17" } });
});

test("takes an answer once that comes again, and ignores a course of nobody's referral", async () => {
  const { id } = await submitted();
  const { agreements, capacity } = otherServices(intake);
  expect(await agreements(id, said.granted)).toBe("done");
  // The same answer under a new revision says nothing new; the same revision again is no message at all.
  expect(await agreements(id, said.granted)).toBe("done");
  expect(await otherServices(intake).agreements(id, said.granted)).toBe("duplicate");
  const stranger = "0198c0de-0000-7000-8000-00000000ffff";
  expect(await capacity(stranger, said.held)).toBe("ignored");
});

test("stops in the right order when the ministry cancels a held course", async () => {
  const { name, id } = await submitted();
  const { agreements, capacity } = otherServices(intake);
  await heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan });
  await agreements(id, said.granted);
  await capacity(id, said.held);
  const cancelled = await uzbekistan().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  expect(cancelled.referral).toMatchObject({
    careState: CareState.STOP_REQUESTED,
    progress: { awaitedAnswers: ["CourseStopRequested@1"] },
  });
  await capacity(id, { case: "courseReleased", value: { round: 1, reason: "CANCELLED" } });
  await agreements(id, said.seatReleased);
  expect(await stateOf(name)).toMatchObject({ careState: CareState.CANCELLED });
  const again = uzbekistan().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  expect(await refusalOf(again)).toMatchObject({ reason: "REFERRAL_CLOSED" });
});

test("goes on with a treatment that the hub declines to stop, and can be stopped later", async () => {
  const { name, id } = await submitted();
  const { agreements, capacity, billing } = otherServices(intake);
  await heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan });
  await agreements(id, said.granted);
  await capacity(id, said.held);
  await agreements(id, said.confirmed);
  await billing(id, said.estimated);
  await billing(id, said.guaranteed);
  await capacity(id, said.booked);
  await capacity(id, said.started);
  const stop = () => uzbekistan().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  await stop();
  const asked = { round: 1, reason: "CANCELLED" };
  await capacity(id, { case: "courseStopPending", value: asked });
  expect(await stateOf(name)).toMatchObject({ careState: CareState.STOP_REQUESTED });
  const declined = { round: 1, reason: "NEARLY_COMPLETE" };
  await capacity(id, { case: "courseStopDeclined", value: declined });
  expect(await stateOf(name)).toMatchObject({
    careState: CareState.IN_TREATMENT,
    stateReason: "",
  });
  const again = await stop();
  expect(again.referral?.progress?.awaitedAnswers).toContain("CourseStopRequested.2@1");
  const { entries } = await heartCentre().getCaseTimeline({ name });
  expect(entries.slice(-6).map(({ event }) => event?.event.case)).toEqual([
    ...["caseStopAsked", "courseStopRequested", "courseStopPending", "courseStopDeclined"],
    ...["caseStopAsked", "courseStopRequested"],
  ]);
});

test("lets a patient be referred to the programme again once the case is closed", async () => {
  const request = aSubmission();
  const { referral } = await uzbekistan().submitReferral(request);
  const name = referral?.name ?? "";
  const { agreements } = otherServices(intake);
  await agreements(name.slice("referrals/".length), said.refused);
  expect(await stateOf(name)).toMatchObject({
    careState: CareState.REFUSED,
    stateReason: "ENTITLEMENT_REFUSED",
    progress: { refusalReason: "NO_AGREEMENT" },
  });
  const second = { ...request, ...mutation(), placerNumber: "second" };
  expect((await uzbekistan().submitReferral(second)).referral?.name).not.toBe(name);
});

test("gives a command after the due time the sweeper's outcome, and the sweeper then closes the case", async () => {
  const { name, id } = await submitted();
  const { agreements } = otherServices(intake);
  await agreements(id, said.granted);
  const today = await now(intake.db);
  await moveClock(intake.db, { to: today.add({ hours: 24 * 20 }) });
  const accept = heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan });
  expect(await refusalOf(accept)).toMatchObject({
    reason: "ANSWER_OVERDUE",
    metadata: { stopReason: "TRIAGE_OVERDUE" },
  });
  const sweeper = startSweeper(intake.db, { raise: intake.app.raise, intervalMs: 20 });
  const stopped = await until(
    async () => {
      const referral = await stateOf(name);
      return referral?.careState === CareState.STOP_REQUESTED && referral;
    },
    { what: "the stop of a case whose triage is overdue" },
  );
  expect(stopped.stateReason).toBe("TRIAGE_OVERDUE");
  await sweeper.close();
  await agreements(id, said.seatReleased);
  expect(await stateOf(name)).toMatchObject({ careState: CareState.EXPIRED });
});

test("reminds of a case that waits too long for a service, and changes nothing of it", async () => {
  const { name } = await submitted();
  const before = await stateOf(name);
  const due = async () => {
    const rows = await intake.db.run<{ dueAt: Temporal.Instant }>(
      "test-reminder",
      `select due_at as "dueAt" from log.due where aggregate = $1 and kind = 'reminder'`,
      [name],
    );
    return rows[0]?.dueAt;
  };
  const first = await due();
  if (first === undefined) throw new Error("a case that waits has a reminder");
  await moveClock(intake.db, { to: first.add({ seconds: 1 }) });
  const sweeper = startSweeper(intake.db, { raise: intake.app.raise, intervalMs: 20 });
  const next = await until(
    async () => {
      const at = await due();
      return at !== undefined && Temporal.Instant.compare(at, first) > 0 && at;
    },
    { what: "the next reminder" },
  );
  await sweeper.close();
  expect(next.toString()).toBe(first.add({ hours: 24 }).toString());
  expect((await stateOf(name))?.etag).toBe(before?.etag);
});
