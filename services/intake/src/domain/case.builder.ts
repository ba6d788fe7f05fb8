import type { Answer } from "./answers.ts";
import type { AnswerTime, CoursePlan, Deadline } from "./case-terms.ts";
import type { Told } from "./events.ts";
import type { CaseFacts, Confirmation, CourseEnd, Grant, Guarantee, Hold } from "./facts.ts";
import { takeAnswer } from "./progress.ts";
import type { Referral } from "./referral.ts";
import { type Submit, submitReferral } from "./submit-referral.ts";

/** The time of every test of the domain, unless it says another. */
export const now = Temporal.Instant.from("2026-01-05T04:00:00Z");

export const referralId = "0198c0de-0000-7000-8000-000000000001";

/** A day of 2026: `day("02-10")`. */
export function day(monthAndDay: string): Temporal.PlainDate {
  return Temporal.PlainDate.from(`2026-${monthAndDay}`);
}

/** A command that submits a child with a heart defect from Karakalpakstan. */
export function aSubmit(differing: Partial<Submit> = {}): Submit {
  return {
    id: referralId as Submit["id"],
    placerNumber: "UZ-2026-1",
    sendingParty: "parties/UZ",
    hub: "hubs/umc-heart",
    programme: "heart-surgery",
    diagnosisCode: "Q21.3",
    priority: "URGENT",
    birthDate: Temporal.PlainDate.from("2020-03-01"),
    consent: { reference: "C-1", date: Temporal.PlainDate.from("2026-01-02") },
    documents: [],
    person: {
      patient: "patients/0198c0de-0000-4000-8000-0000000000aa",
      citizenship: "UZ",
      residenceCountry: "UZ",
      residenceRegion: "UZ-QR",
      companionCount: 1,
    },
    ...differing,
  };
}

/** A referral that was just submitted. */
export function aReferral(differing: Partial<Submit> = {}): Referral {
  return submitReferral({}, { command: aSubmit(differing), now }).state;
}

/** The same referral after those answers, in their order. */
export function afterAnswers(referral: Referral, ...answers: readonly Answer[]): Referral {
  return { ...referral, facts: answers.reduce(take, referral.facts) };
}

function take(facts: CaseFacts, answer: Answer): CaseFacts {
  return takeAnswer(facts, { answer, told, now }).state;
}

export const told: Told = { variant: "", value: {}, sourceEventId: "", sourceTraceId: "" };

export const answerTime: AnswerTime = {
  workingDays: 3,
  calendars: ["UZ"],
  graceHours: 24,
  clause: "agreements/kz-uz/clauses/answer",
};

export const plan: CoursePlan = {
  template: "hubs/umc-heart/templates/fallot-repair",
  phases: [],
  stays: [],
  readyDate: day("01-12"),
  dueDate: day("03-10"),
  underAnaesthesia: true,
};

const answerBy: Deadline = {
  date: day("01-10"),
  expireAt: Temporal.Instant.from("2026-01-10T19:00:00Z"),
  answerTime,
  calendarVersion: "test",
  estimated: false,
};

const grant: Grant = {
  decision: "decisions/1",
  agreement: "agreements/kz-uz",
  payers: [{ party: "parties/UZ", shareBasisPoints: 10_000 }],
  answerTime,
  currency: "KZT",
  creditor: "parties/KZ",
};

const hold: Hold = {
  firstDate: day("02-02"),
  lastDate: day("02-10"),
  answerBy,
  releaseAt: Temporal.Instant.from("2026-01-11T19:00:00Z"),
  serviceItems: [{ serviceCode: "fallot-repair", quantity: 1 }],
};

const confirmation: Confirmation = {
  tariff: "t",
  tariffVersion: 1,
  prices: [],
  contestTime: answerTime,
};

const end: CourseEnd = {
  outcome: "COMPLETED",
  deliveredItems: [{ serviceCode: "fallot-repair", quantity: 1 }],
  admissionDate: day("02-02"),
  dischargeDate: day("02-10"),
};

/** An amount of tenge in tiyn. */
export const tenge = (amountMinor: bigint) => ({ amountMinor, currency: "KZT" }) as const;

/** Answers as the other services give them; a test changes what matters to it. */
export const answers = {
  granted: (): Answer => ({ kind: "EntitlementGranted", round: 1, grant, hasSeat: true }),
  pended: (place = 3): Answer => ({
    kind: "EntitlementPended",
    round: 1,
    place,
    promisedDate: day("02-01"),
  }),
  refused: (round = 1): Answer => ({ kind: "EntitlementRefused", round, reason: "NO_AGREEMENT" }),
  confirmed: (round = 1, differing: Partial<Confirmation> = {}): Answer => ({
    kind: "EntitlementConfirmed",
    round,
    hasSeat: true,
    confirmation: { ...confirmation, ...differing },
  }),
  seat: (move: "SeatCommitted" | "SeatConsumed" | "SeatReleased"): Answer => ({
    kind: move,
    round: 1,
  }),
  held: (round = 1, differing: Partial<Hold> = {}): Answer => ({
    kind: "CourseHeld",
    round,
    hold: { ...hold, ...differing },
  }),
  unavailable: (round = 1, waitlisted = false): Answer => ({
    kind: "CourseUnavailable",
    round,
    waitlisted,
    reason: "NO_FREE_TIME",
  }),
  lapsed: (round = 1, reason = "TAKEN"): Answer => ({ kind: "CourseHoldLapsed", round, reason }),
  booked: (round = 1): Answer => ({
    kind: "CourseBooked",
    round,
    firstDate: hold.firstDate,
    lastDate: hold.lastDate,
  }),
  released: (round = 1, reason = "CANCELLED"): Answer => ({
    kind: "CourseReleased",
    round,
    reason,
  }),
  started: (round = 1): Answer => ({ kind: "CourseStarted", round, startedOn: hold.firstDate }),
  moved: (firstDate = day("02-04"), lastDate = day("02-12"), round = 1): Answer => ({
    ...{ kind: "CourseMoved", round, firstDate, lastDate },
    serviceItems: [{ serviceCode: "fallot-repair", quantity: 1 }],
  }),
  interrupted: (since = day("02-04")): Answer => ({ kind: "CourseInterrupted", round: 1, since }),
  resumed: (): Answer => ({ kind: "CourseResumed", round: 1 }),
  stopPending: (round = 1): Answer => ({ kind: "CourseStopPending", round }),
  stopDeclined: (round = 1): Answer => ({ kind: "CourseStopDeclined", round }),
  ended: (differing: Partial<CourseEnd> = {}): Answer => ({
    kind: "CourseEnded",
    round: 1,
    end: { ...end, ...differing },
  }),
  estimated: (round = 1, amountMinor = 100n): Answer => ({
    kind: "EstimateIssued",
    round,
    estimate: { estimate: `accounts/x/estimates/${round}`, total: tenge(amountMinor) },
  }),
  declined: (round = 1): Answer => ({ kind: "EstimateDeclined", round, reason: "OTHER" }),
  withdrawn: (round = 1, reason = "CANCELLED"): Answer => ({
    kind: "EstimateWithdrawn",
    round,
    reason,
  }),
  guaranteed: (round = 1, differing: Partial<Guarantee> = {}): Answer => ({
    kind: "PaymentGuaranteed",
    guarantee: {
      guarantee: `accounts/x/guarantees/${round}`,
      round,
      cap: tenge(120n),
      validUntil: day("12-31"),
      firstDate: day("01-12"),
      lastDate: day("04-30"),
      ...differing,
    },
  }),
  guaranteeReleased: (round = 1, guarantee = ""): Answer => ({
    kind: "GuaranteeReleased",
    round,
    guarantee,
  }),
  invoiced: (): Answer => ({ kind: "InvoiceIssued", invoice: "i/1", total: tenge(100n) }),
};
