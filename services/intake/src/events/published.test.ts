import { create, fromBinary, toJson } from "@bufbuild/protobuf";
import { EntitlementEventSchema } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { CaseEventSchema } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import { expect, test } from "vitest";
import { afterAnswers, answers, aReferral, now, plan, told } from "../domain/case.builder.ts";
import { deferReferral, resumeReferral } from "../domain/deferral.ts";
import { overdue } from "../domain/dues.ts";
import type { CaseEvent } from "../domain/events.ts";
import { passTime, takeAnswer } from "../domain/progress.ts";
import { acceptReferral, cancelReferral } from "../domain/referral.ts";
import { toEntitlementAnswer } from "./entitlement-answer.ts";
import { publishCaseEvent } from "./published.ts";

const aggregate = "referrals/0198c0de-0000-7000-8000-000000000001";

function published(event: CaseEvent) {
  const { payload, ...rest } = publishCaseEvent(event, { aggregate, revision: 7, occurredAt: now });
  return { ...rest, json: toJson(CaseEventSchema, fromBinary(CaseEventSchema, payload)) };
}

/** Every request of a case that goes its whole way, and of one that is stopped. */
function allRequests(): CaseEvent[] {
  const events: CaseEvent[] = [];
  const accepted = acceptReferral(aReferral(), { plan, now });
  events.push(...accepted.events);
  let { facts } = accepted.state;
  const way = [
    ...[answers.granted(), answers.held(), answers.confirmed(), answers.estimated()],
    ...[answers.guaranteed(), answers.booked(), answers.ended()],
  ];
  for (const answer of way) {
    const taken = takeAnswer(facts, { answer, told, now });
    events.push(...taken.events.filter(({ kind }) => kind !== "AnswerTaken"));
    facts = taken.state;
  }
  const granted = takeAnswer(accepted.state.facts, { answer: answers.granted(), told, now }).state;
  const stopped = cancelReferral(
    { ...accepted.state, facts: granted },
    { reason: "CANCELLED", now },
  );
  return [...events, ...stopped.events];
}

test("puts every request into the published language, with its round and all that the answer needs", () => {
  const types = allRequests().map((event) =>
    published(event).type.replace("carehub.intake.v1.", ""),
  );
  expect(types).toEqual([
    ...["ReferralAccepted", "CourseRequested", "EntitlementConfirmRequested", "EstimateRequested"],
    ...["BookingRequested", "SeatRequested", "SeatRequested", "ChargesRequested"],
    ...["CaseStopAsked", "CourseStopRequested"],
  ]);
  for (const event of allRequests()) {
    const { json, key } = published(event);
    expect(key).toBe(aggregate.slice(10));
    expect(json).toMatchObject({ referral: aggregate, revision: "7" });
  }
});

test("tells of a redirection, a deferral and a resumption", () => {
  const { facts } = acceptReferral(aReferral(), { plan, now }).state;
  const deferred = deferReferral({ ...aReferral(), facts }, { reason: "CLINICAL", now });
  const dates = { readyDate: plan.readyDate, dueDate: plan.dueDate, now };
  const told: CaseEvent[] = [
    { kind: "ReferralRedirected", hub: "hubs/astana-proton", reason: "NEARER_HUB" },
    ...deferred.events,
    ...resumeReferral(deferred.state, dates).events,
  ];
  expect(told.map((event) => published(event).json)).toMatchObject([
    { referralRedirected: { hub: "hubs/astana-proton", reason: "NEARER_HUB" } },
    { referralDeferred: { reason: "CLINICAL", resumeByTime: "2026-04-05T19:00:00Z" } },
    { referralResumed: { readyDate: { month: 1, day: 12 }, dueDate: { month: 3, day: 10 } } },
  ]);
});

test("asks billing to withdraw an estimate whose payer did not answer in time, as far as is known", () => {
  const accepted = acceptReferral(aReferral(), { plan, now }).state;
  const held = [answers.granted(), answers.held(), answers.confirmed(), answers.estimated()];
  const { facts } = afterAnswers(accepted, ...held);
  const late = now.add({ hours: 240 });
  const passed = overdue(facts, late);
  const { events } = passTime(facts, passed ?? expect.fail("its time is over"), late);
  expect(events.map(published)).toMatchObject([
    {
      type: "carehub.intake.v1.EstimateWithdrawRequested",
      json: { estimateWithdrawRequested: { round: 1, reason: "ANSWER_OVERDUE" } },
    },
  ]);
});

test("asks for an estimate with everything that billing prices it by", () => {
  const request = allRequests().find(({ kind }) => kind === "EstimateRequested");
  expect(request && published(request).json).toMatchObject({
    estimateRequested: {
      round: 1,
      serviceItems: [{ serviceCode: "fallot-repair", quantity: 1 }],
      payers: [{ party: "parties/UZ", shareBasisPoints: 10_000 }],
      creditor: "parties/KZ",
      currencyCode: "KZT",
      hub: "hubs/umc-heart",
      firstDate: { year: 2026, month: 2, day: 2 },
      lastDate: { year: 2026, month: 2, day: 10 },
      answerBy: { date: { year: 2026, month: 1, day: 10 } },
      releaseTime: "2026-01-11T19:00:00Z",
    },
  });
});

test("passes another service's words on as they were said, with where they came from", () => {
  const event = create(EntitlementEventSchema, {
    event: { case: "entitlementPended", value: { round: 1, place: 4, quota: "q" } },
  });
  const read = toEntitlementAnswer(event);
  if (typeof read === "string") throw new Error("a pended entitlement is known");
  expect(read.answer).toEqual({ kind: "EntitlementPended", round: 1, place: 4 });
  const { variant, value } = read;
  const taken: CaseEvent = {
    kind: "AnswerTaken",
    told: { variant, value, sourceEventId: "e-1", sourceTraceId: "t-1" },
  };
  expect(published(taken)).toMatchObject({
    type: "carehub.intake.v1.EntitlementPended",
    json: {
      sourceEventId: "e-1",
      sourceTraceId: "t-1",
      entitlementPended: { round: 1, place: 4, quota: "q" },
    },
  });
});
