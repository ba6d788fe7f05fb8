import { expect, test } from "vitest";
import { type Action, actionsByRole, blockerOf } from "./actions.ts";
import type { Answer } from "./answers.ts";
import { careStateOf } from "./care-state.ts";
import { afterAnswers, answers, aReferral, now, plan } from "./case.builder.ts";
import { type CareState, careStates } from "./case-terms.ts";
import type { CaseFacts } from "./facts.ts";
import { askStop } from "./progress.ts";
import {
  acceptReferral,
  cancelReferral,
  declineReferral,
  type Referral,
  requestInformation,
} from "./referral.ts";

const accepted = acceptReferral(aReferral(), { plan, now }).state;
const asked = requestInformation(aReferral(), { documentCodes: ["ECHO_REPORT"], now }).state;
const held = [answers.granted(), answers.held()];
const guaranteed = [...held, answers.confirmed(), answers.estimated(), answers.guaranteed()];
const booked = [...guaranteed, answers.booked(), answers.seat("SeatCommitted")];
const treated = [...booked, answers.started()];
const seatBack = answers.seat("SeatReleased");

function stopped(referral: Referral, reason: Parameters<typeof askStop>[1]["reason"]): Referral {
  return { ...referral, facts: askStop(referral.facts, { reason, now }).state };
}

function ended(...last: Answer[]): Referral {
  return afterAnswers(
    accepted,
    ...treated,
    ...last,
    answers.seat("SeatConsumed"),
    answers.invoiced(),
  );
}

/** One case in each state. */
const caseIn: Readonly<Record<CareState, Referral>> = {
  SUBMITTED: aReferral(),
  INFORMATION_REQUESTED: asked,
  PENDED: afterAnswers(aReferral(), answers.pended()),
  ACCEPTED: afterAnswers(accepted, answers.granted()),
  WAITLISTED: afterAnswers(accepted, answers.granted(), answers.unavailable(1, true)),
  HELD: afterAnswers(accepted, ...held),
  GUARANTEED: afterAnswers(accepted, ...guaranteed),
  BOOKED: afterAnswers(accepted, ...booked),
  IN_TREATMENT: afterAnswers(accepted, ...treated),
  STOP_REQUESTED: cancelReferral(accepted, { reason: "CANCELLED", now }).state,
  RETURNED: afterAnswers(
    declineReferral(aReferral(), { as: "RETURNED", reason: "INCOMPLETE", now }).state,
    seatBack,
  ),
  REJECTED: afterAnswers(
    declineReferral(aReferral(), { as: "REJECTED", reason: "OTHER", now }).state,
    seatBack,
  ),
  REFUSED: afterAnswers(aReferral(), answers.refused()),
  CANCELLED: afterAnswers(
    cancelReferral(aReferral(), { reason: "CANCELLED", now }).state,
    seatBack,
  ),
  EXPIRED: afterAnswers(stopped(aReferral(), "TRIAGE_OVERDUE"), seatBack),
  NO_SHOW: afterAnswers(
    accepted,
    ...booked,
    answers.released(1, "NO_SHOW"),
    seatBack,
    answers.guaranteeReleased(),
  ),
  DECEASED: ended(answers.ended({ outcome: "DIED" })),
  STOPPED: ended(answers.ended({ outcome: "STOPPED" })),
  DISCHARGED: ended(answers.ended()),
};

const triage = "REFERRAL_NOT_IN_TRIAGE";
const closed = "REFERRAL_CLOSED";
const none = "INFORMATION_NOT_REQUESTED";

/** Accept, Reject, Return, RequestInformation, ProvideInformation, Cancel: allowed (`-`) or the reason. */
const table: Readonly<Record<CareState, readonly string[]>> = {
  SUBMITTED: ["-", "-", "-", "-", none, "-"],
  INFORMATION_REQUESTED: ["-", "-", "-", "INFORMATION_ALREADY_REQUESTED", "-", "-"],
  PENDED: ["-", "-", "-", "-", none, "-"],
  ACCEPTED: [triage, triage, triage, triage, none, "-"],
  WAITLISTED: [triage, triage, triage, triage, none, "-"],
  HELD: [triage, triage, triage, triage, none, "-"],
  GUARANTEED: [triage, triage, triage, triage, none, "-"],
  BOOKED: [triage, triage, triage, triage, none, "-"],
  IN_TREATMENT: [triage, triage, triage, triage, none, "-"],
  STOP_REQUESTED: Array<string>(6).fill("STOP_ALREADY_ASKED"),
  RETURNED: Array<string>(6).fill(closed),
  REJECTED: Array<string>(6).fill(closed),
  REFUSED: Array<string>(6).fill(closed),
  CANCELLED: Array<string>(6).fill(closed),
  EXPIRED: Array<string>(6).fill(closed),
  NO_SHOW: Array<string>(6).fill(closed),
  DECEASED: Array<string>(6).fill(closed),
  STOPPED: Array<string>(6).fill(closed),
  DISCHARGED: Array<string>(6).fill(closed),
};

const actions: readonly Action[] = [...actionsByRole.hub, ...actionsByRole.ministry];

test.each(careStates)("a case in %s takes exactly the commands of the table", (state) => {
  const { facts } = caseIn[state];
  expect(careStateOf(facts)).toBe(state);
  const blocked = actions.map((action) => blockerOf(facts, action, now)?.reason ?? "-");
  expect(blocked).toEqual(table[state]);
});

test("says that the treatment ended while the seat and the charges are still on their way", () => {
  const { facts } = afterAnswers(accepted, ...treated, answers.ended());
  expect(facts.closed).toBeUndefined();
  const reasons = actions.map((action) => blockerOf(facts, action, now)?.reason);
  expect(new Set(reasons)).toEqual(new Set(["TREATMENT_ENDED"]));
});

test("refuses every command once the time to act has passed, before the sweeper comes", () => {
  const late = now.add({ hours: 24 * 40 });
  const overdue = (facts: CaseFacts) => blockerOf(facts, "CancelReferral", late);
  expect(overdue(aReferral().facts)?.metadata).toMatchObject({ stopReason: "TRIAGE_OVERDUE" });
  expect(overdue(asked.facts)?.metadata).toMatchObject({ stopReason: "INFORMATION_OVERDUE" });
  expect(overdue(caseIn.HELD.facts)?.metadata).toMatchObject({ stopReason: "ANSWER_OVERDUE" });
  expect(overdue(caseIn.BOOKED.facts)).toBeUndefined();
  const noShow = blockerOf(caseIn.BOOKED.facts, "CancelReferral", now.add({ hours: 24 * 70 }));
  expect(noShow?.metadata).toMatchObject({ stopReason: "NO_SHOW" });
});

test("names who could unblock a command", () => {
  expect(blockerOf(asked.facts, "RequestInformation", now)?.unblockedBy).toBe("ministry");
  expect(blockerOf(aReferral().facts, "ProvideInformation", now)?.unblockedBy).toBe("hub");
});
