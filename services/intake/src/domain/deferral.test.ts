import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { caseIn } from "./action-cases.builder.ts";
import { awaitedAnswers } from "./awaited.ts";
import { careStateOf } from "./care-state.ts";
import { afterAnswers, answers, aReferral, day, now, plan } from "./case.builder.ts";
import { deferReferral, resumeReferral } from "./deferral.ts";
import { duesOf, stopDues } from "./dues.ts";
import { currentRound } from "./facts.ts";
import { acceptReferral, cancelReferral, type Referral } from "./referral.ts";

const reason = "NOT_FIT_TO_TRAVEL";
const defer = (referral: Referral) => deferReferral(referral, { reason, now });
const february = { readyDate: day("02-20"), dueDate: undefined, now };
const resume = (referral: Referral) => resumeReferral(referral, february);
const isSent = ({ facts }: Referral, key: string) => Object.hasOwn(facts.sent, key);

test("gives the course of a booked case back and keeps its seat and guarantee", () => {
  const { state } = given(caseIn.BOOKED)
    .when(defer)
    .then([
      { kind: "ReferralDeferred", deferral: { reason } },
      { kind: "CourseStopRequested", round: 1, reason: "DEFERRED" },
    ]);
  const released = afterAnswers(state, answers.released(1, "DEFERRED"));
  expect(careStateOf(released.facts)).toBe("DEFERRED");
  expect(released.facts).toMatchObject({ seat: "COMMITTED", guarantee: { round: 1 } });
  expect(awaitedAnswers(released.facts)).toEqual([]);
});

test("lets no time run but the one to resume, which ends ninety days on by the hub's clock", () => {
  const { facts } = defer(caseIn.HELD).state;
  const dueAt = Temporal.Instant.from("2026-04-05T19:00:00Z");
  expect(stopDues(facts)).toEqual([{ kind: "deferral", dueAt, reason: "DEFERRAL_OVERDUE" }]);
  const settled = afterAnswers(
    { ...caseIn.HELD, facts },
    ...[answers.released(1, "DEFERRED")],
  ).facts;
  expect(duesOf(settled, now).map(({ kind }) => kind)).toEqual(["deferral"]);
});

test("seeks the next round only once capacity has given the last one back", () => {
  const resumed = given(defer(caseIn.BOOKED).state)
    .when(resume)
    .then([{ kind: "ReferralResumed", readyDate: day("02-20"), dueDate: day("04-18") }]).state;
  expect(isSent(resumed, "CourseRequested@2")).toBe(false);
  const released = afterAnswers(resumed, answers.released(1, "DEFERRED"));
  expect(isSent(released, "CourseRequested@2")).toBe(true);
  expect(careStateOf(released.facts)).toBe("GUARANTEED");
  // A deferral is no lost round: the same guarantee carries two more.
  const lost = [answers.held(2), answers.estimated(2), answers.lapsed(2), answers.held(3)];
  const third = afterAnswers(released, ...lost);
  expect(third.facts.round).toBe(3);
  expect(isSent(third, "AccountStopRequested.RELEASE@2")).toBe(false);
});

test("keeps as many days between the dates as the hub proposed at first, however often it is resumed", () => {
  const dated = { readyDate: day("02-01"), dueDate: day("02-03"), now };
  const once = resumeReferral(defer(caseIn.ACCEPTED).state, dated).state;
  expect(once.facts.acceptance?.plan).toMatchObject({ dueDate: day("02-03") });
  const twice = resume(defer(once).state).state;
  expect(twice.facts.acceptance?.plan).toMatchObject({ dueDate: day("04-18") });
});

test("refuses dates that are reversed or have passed", () => {
  const deferred = defer(caseIn.ACCEPTED).state;
  const resumeBetween = (readyDate: Temporal.PlainDate, dueDate: Temporal.PlainDate) =>
    given(deferred)
      .when((referral) => resumeReferral(referral, { readyDate, dueDate, now }))
      .thenFails("PLAN_DATES_INVALID");
  resumeBetween(day("02-20"), day("02-19"));
  resumeBetween(day("01-01"), day("01-04"));
});

test("goes on as if nobody had deferred when treatment had begun before capacity heard of it", () => {
  const started = afterAnswers(defer(caseIn.BOOKED).state, answers.started());
  expect(careStateOf(started.facts)).toBe("IN_TREATMENT");
  expect(currentRound(started.facts).booked).toBeDefined();
  // The stop of the deferral was not answered; that of a cancellation is another one.
  given(started)
    .when((referral) => cancelReferral(referral, { reason: "CANCELLED", now }))
    .then([{ kind: "CaseStopAsked" }, { kind: "CourseStopRequested", reason: "CANCELLED" }]);
});

test("asks nothing of a deferred case whose seat comes free, until it is resumed", () => {
  const pended = acceptReferral(afterAnswers(aReferral(), answers.pended()), { plan, now }).state;
  const granted = afterAnswers(defer(pended).state, answers.granted());
  expect(isSent(granted, "CourseRequested@1")).toBe(false);
  given(granted)
    .when(resume)
    .then([
      { kind: "ReferralResumed" },
      { kind: "CourseRequested", round: 1, plan: { readyDate: day("02-20") } },
    ]);
});

test("keeps a guarantee that was given while the news of the deferral was on its way", () => {
  const deferred = defer(caseIn.HELD).state;
  const guaranteed = afterAnswers(deferred, answers.guaranteed());
  expect(isSent(guaranteed, "BookingRequested@1")).toBe(false);
  const next = afterAnswers(resume(guaranteed).state, answers.released(1, "DEFERRED"));
  const priced = afterAnswers(next, answers.held(2), answers.confirmed(2), answers.estimated(2));
  expect(isSent(priced, "BookingRequested@2")).toBe(true);
});

test("drops a stop that the hub declines, and asks anew for a later one of the same round", () => {
  const stop = (referral: Referral) => cancelReferral(referral, { reason: "CANCELLED", now });
  const pending = afterAnswers(stop(caseIn.IN_TREATMENT).state, answers.stopPending());
  expect(careStateOf(pending.facts)).toBe("STOP_REQUESTED");
  const declined = afterAnswers(pending, answers.stopDeclined());
  expect(careStateOf(declined.facts)).toBe("IN_TREATMENT");
  expect(awaitedAnswers(declined.facts)).toEqual([]);
  given(declined)
    .when(stop)
    .then([{ kind: "CaseStopAsked" }, { kind: "CourseStopRequested", round: 1 }]);
});

test("gives up after eight lost courses", () => {
  let referral = afterAnswers(acceptReferral(aReferral(), { plan, now }).state, answers.granted());
  for (let round = 1; round <= 8; round += 1) {
    expect(careStateOf(referral.facts)).not.toBe("STOP_REQUESTED");
    const lost = [answers.held(round), answers.lapsed(round, "NOT_HELD")];
    referral = afterAnswers(referral, ...lost);
  }
  expect(referral.facts).toMatchObject({ round: 8, stop: { reason: "COURSE_UNAVAILABLE" } });
});
