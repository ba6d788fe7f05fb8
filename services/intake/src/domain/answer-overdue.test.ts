import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import { accepted, caseIn, shownActions } from "./action-cases.builder.ts";
import {
  hubOverdue,
  ministryOverdue,
  noStop,
  notTheHubs,
  tooLateToAnswer,
} from "./action-rows.builder.ts";
import { blockerOf } from "./actions.ts";
import type { Answer } from "./answers.ts";
import { awaitedAnswers } from "./awaited.ts";
import { careStateOf } from "./care-state.ts";
import { afterAnswers, answers, told } from "./case.builder.ts";
import { deferReferral, resumeReferral } from "./deferral.ts";
import { duesOf, isStuck, overdue, stopDues } from "./dues.ts";
import { askStop, passTime, takeAnswer } from "./progress.ts";
import { carryOn, type Referral } from "./referral.ts";

const releaseAt = Temporal.Instant.from("2026-01-11T19:00:00Z");
const asked = "EstimateWithdrawRequested@1";

/** What the sweeper does, and all that a command compares with. */
function pass(referral: Referral, now = releaseAt) {
  const passed = overdue(referral.facts, now);
  if (passed === undefined) return { state: referral, events: [] };
  return carryOn(referral, passTime(referral.facts, passed, now));
}

const take = (referral: Referral, answer: Answer) =>
  carryOn(referral, takeAnswer(referral.facts, { answer, told, now: releaseAt }));

const undecided = pass(caseIn.HELD).state;
const outcome = ({ facts }: Referral) => facts.closed?.careState ?? careStateOf(facts);
const keysOf = ({ facts }: Referral) => awaitedAnswers(facts).map(({ key }) => key);

test("asks billing once when the payer's time is over, and stops nothing before its answer", () => {
  const before = releaseAt.subtract({ nanoseconds: 1 });
  expect(pass(caseIn.HELD, before).events).toEqual([]);
  const { state } = given(caseIn.HELD)
    .when((referral) => pass(referral))
    .then([{ kind: "EstimateWithdrawRequested", round: 1, reason: "ANSWER_OVERDUE" }]);
  expect(outcome(state)).toBe("HELD");
  expect(pass(state, releaseAt.add({ hours: 1 })).events).toEqual([]);
  expect(keysOf(state)).toEqual([asked]);
});

test("reminds of a withdrawal that is not answered, and lets no other time run", () => {
  const { facts } = undecided;
  expect(stopDues(facts)).toEqual([]);
  const dueAt = releaseAt.add({ hours: 48 });
  expect(duesOf(facts, releaseAt)).toEqual([{ kind: "reminder", dueAt }]);
  expect(isStuck(facts, dueAt)).toBe(true);
});

test("expires when billing has no guarantee, and gives back what it holds", () => {
  given(undecided)
    .when((referral) => take(referral, answers.withdrawn(1, "ANSWER_OVERDUE")))
    .then([
      { kind: "AnswerTaken" },
      { kind: "CaseStopAsked", reason: "ANSWER_OVERDUE" },
      { kind: "CourseStopRequested", round: 1, reason: "ANSWER_OVERDUE" },
    ]);
  const over = [answers.withdrawn(1, "ANSWER_OVERDUE"), answers.released()];
  const closed = afterAnswers(undecided, ...over, answers.seat("SeatReleased"));
  expect(closed.facts.closed).toEqual({ careState: "EXPIRED", reason: "ANSWER_OVERDUE" });
});

test("goes on to the booking when a guarantee was given in time, however late its news is", () => {
  given(undecided)
    .when((referral) => take(referral, answers.guaranteed()))
    .then([{ kind: "AnswerTaken" }, { kind: "BookingRequested", round: 1 }]);
  const guaranteed = afterAnswers(undecided, answers.guaranteed());
  expect(keysOf(guaranteed)).toEqual(["BookingRequested@1"]);
  expect(overdue(guaranteed.facts, releaseAt)).toBeUndefined();
});

test("is refused as ever when the payer said no", () => {
  const declined = afterAnswers(undecided, answers.declined());
  expect(declined.facts.stop).toEqual({ reason: "ESTIMATE_DECLINED" });
});

test("stops for another reason in between, and then asks billing to give everything back", () => {
  const stop = { reason: "DECEASED", now: releaseAt } as const;
  const stopped = { ...undecided, facts: askStop(undecided.facts, stop).state };
  expect(keysOf(stopped)).toEqual(["CourseStopRequested@1"]);
  const released = afterAnswers(stopped, answers.released());
  expect(keysOf(released)).toEqual(["SeatRequested.RELEASE@1", "AccountStopRequested@1"]);
  // The guarantee was on its way: only the later stop gives it back.
  const late = [answers.guaranteed(), answers.seat("SeatReleased")];
  const waiting = afterAnswers(released, ...late);
  expect(waiting.facts.closed).toBeUndefined();
  expect(outcome(afterAnswers(waiting, answers.guaranteeReleased(1)))).toBe("DECEASED");
});

test("seeks the next round for a hold that was taken meanwhile, only under a guarantee", () => {
  const taken = afterAnswers(undecided, answers.lapsed());
  expect(taken.facts.round).toBe(1);
  expect(afterAnswers(taken, answers.guaranteed()).facts.round).toBe(2);
  const none = afterAnswers(taken, answers.withdrawn(1, "ANSWER_OVERDUE"));
  expect(none.facts.stop).toEqual({ reason: "ANSWER_OVERDUE" });
});

test("stops at once where billing was asked nothing, for there is nothing to answer", () => {
  const unpriced = afterAnswers(accepted, answers.granted(), answers.held());
  given(unpriced)
    .when((referral) => pass(referral))
    .then([{ kind: "CaseStopAsked", reason: "ANSWER_OVERDUE" }, { kind: "CourseStopRequested" }]);
});

test("lets no time of the payer run under a guarantee in force, until a price may outgrow it", () => {
  const second = afterAnswers(caseIn.GUARANTEED, answers.lapsed(1, "NOT_HELD"), answers.held(2));
  expect(stopDues(second.facts)).toEqual([]);
  expect(duesOf(second.facts, releaseAt).map(({ kind }) => kind)).toEqual(["reminder"]);
  expect(blockerOf(second.facts, "CancelReferral", releaseAt)).toBeUndefined();
  // Taken by another, it is lost under the guarantee: nobody's answer is missing.
  expect(afterAnswers(second, answers.lapsed(2)).facts.round).toBe(3);
  const priced = afterAnswers(second, answers.confirmed(2));
  expect(stopDues(priced.facts)).toMatchObject([{ kind: "guarantee", estimateRound: 2 }]);
  expect(stopDues(afterAnswers(priced, answers.estimated(2)).facts)).toEqual([]);
});

test("asks for an earlier round's estimate too, which its payer may have answered unheard", () => {
  const reason = "NOT_FIT_TO_TRAVEL";
  const now = releaseAt.subtract({ hours: 24 });
  const deferred = deferReferral(caseIn.HELD, { reason, now }).state;
  const dates = { readyDate: accepted.facts.submission.referralDate.add({ days: 30 }) };
  const resumed = resumeReferral(deferred, { ...dates, dueDate: undefined, now }).state;
  const second = afterAnswers(resumed, answers.released(1, "DEFERRED"), answers.held(2));
  const { state } = given(second)
    .when((referral) => pass(referral))
    .then([{ kind: "EstimateWithdrawRequested", round: 1 }]);
  expect(stopDues(afterAnswers(state, answers.guaranteed()).facts)).toEqual([]);
  const none = afterAnswers(state, answers.withdrawn(1, "ANSWER_OVERDUE"));
  expect(pass(none).events).toMatchObject([{ kind: "CaseStopAsked" }, {}]);
});

test("takes exactly the commands of the table, whether the sweeper or a command came first", () => {
  const hub = [
    hubOverdue,
    "COURSE_NOT_BOOKED <service>: RecordAdmission",
    "COURSE_NOT_IN_TREATMENT <service>: RecordSession DischargePatient InterruptCourse RecordSessions CorrectSession ExtendStay",
    ...[
      noStop,
      "allowed: MoveCourse PostponeSession",
      "COURSE_NOT_INTERRUPTED <service>: ResumeCourse",
      notTheHubs,
    ],
    "CHARGES_CLOSED <service>: RecordCharges",
    "INVOICE_NOT_FOUND <service>: ReplyToContest",
  ];
  const ministry = [
    ...[ministryOverdue, "allowed: CancelReferral", tooLateToAnswer],
    "INVOICE_NOT_FOUND <service>: AcceptInvoice ContestInvoiceLines",
  ];
  expect(shownActions(undecided.facts, "hub", releaseAt)).toEqual(hub);
  expect(shownActions(undecided.facts, "ministry", releaseAt)).toEqual(ministry);
  for (const action of ["ResumeReferral", "DeferReferral"] as const) {
    const blocker = blockerOf(caseIn.HELD.facts, action, releaseAt);
    expect(blocker).toEqual(blockerOf(undecided.facts, action, releaseAt));
    expect(blocker?.metadata).toEqual({
      stopReason: "ANSWER_OVERDUE",
      dueTime: "2026-01-11T19:00:00Z",
    });
  }
});
