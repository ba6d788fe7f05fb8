import type { CurrencyCode } from "@carehub/money/currency";
import type { Money } from "@carehub/money/money";
import type {
  AnswerTime,
  CareState,
  CourseOutcome,
  CoursePlan,
  Deadline,
  Payer,
  PersonFacts,
  Priority,
  ServiceItem,
  StopReason,
  TariffPrice,
} from "./case-terms.ts";

/** How many courses are sought before a case gives up. */
export const roundsMax = 3;

/** What the ministry asked, without identity. */
export type Submission = {
  readonly sendingParty: string;
  readonly hub: string;
  readonly programme: string;
  readonly diagnosisCode: string;
  readonly priority: Priority;
  readonly person: PersonFacts;
  readonly referralDate: Temporal.PlainDate;
};

/** What agreements granted. */
export type Grant = {
  readonly decision: string;
  readonly agreement: string;
  readonly payers: readonly Payer[];
  readonly answerTime: AnswerTime;
  readonly currency: CurrencyCode;
  readonly creditor: string;
};

/** The three answers to whether a patient is entitled; each stays known when a later one comes. */
export type Entitlement = {
  readonly pended?: { readonly place: number; readonly promisedDate?: Temporal.PlainDate };
  readonly granted?: Grant;
  readonly refused?: { readonly reason: string };
};

/** Where the seat of the quota stands, as agreements told it; NONE before it told anything. */
export type SeatState = "NONE" | "RESERVED" | "COMMITTED" | "CONSUMED" | "RELEASED";

/** A held course. */
export type Hold = {
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly answerBy: Deadline;
  readonly releaseAt: Temporal.Instant;
  readonly serviceItems: readonly ServiceItem[];
};

/** The tariff on the dates of the course. */
export type Confirmation = {
  readonly tariff: string;
  readonly tariffVersion: number;
  readonly prices: readonly TariffPrice[];
  readonly contestTime: AnswerTime;
};

/** A priced course. */
export type Estimate = { readonly estimate: string; readonly total: Money };

/** What the answers of one round said. */
export type Round = {
  readonly hold?: Hold;
  /** It came after its round was over: it is undone, never used. */
  readonly isHoldLate?: boolean;
  readonly unavailable?: { readonly waitlisted: boolean; readonly reason: string };
  readonly lapsed?: { readonly reason: string };
  readonly confirmation?: Confirmation;
  readonly estimate?: Estimate;
  /** The payer said no to the estimate, or billing took it back or has no price. */
  readonly estimateEnd?: { readonly how: "DECLINED" | "WITHDRAWN"; readonly reason: string };
  readonly booked?: {
    readonly firstDate: Temporal.PlainDate;
    readonly lastDate: Temporal.PlainDate;
  };
  readonly released?: { readonly reason: string };
};

/** A payer's promise. It is of no round: it is held against each round's total and dates. */
export type Guarantee = {
  readonly guarantee: string;
  /** The round of the estimate that it was given on. */
  readonly round: number;
  readonly cap: Money;
  readonly validUntil: Temporal.PlainDate;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly isReleased?: boolean;
};

/** How the course ended. */
export type CourseEnd = {
  readonly outcome: CourseOutcome;
  readonly deliveredItems: readonly ServiceItem[];
  readonly admissionDate?: Temporal.PlainDate;
  readonly dischargeDate?: Temporal.PlainDate;
};

/** What is charged, and how far the payer came with it. */
export type Invoice = {
  readonly invoice: string;
  readonly total: Money;
  readonly acceptedMinor: bigint;
  readonly contestedMinor: bigint;
  readonly creditedMinor: bigint;
  readonly creditNotes: readonly string[];
  readonly isSettled: boolean;
};

/** What the hub asked of the ministry. */
export type Information = {
  readonly documentCodes: readonly string[];
  readonly answerBy: Deadline;
  readonly isProvided: boolean;
};

/** A request by kind and round, `CourseRequested@2`; a move of a seat is a kind of its own. */
export type RequestKey = string;

/**
 * All that is known of a case. Facts are only added; what is to be done, and the case's states, follow from them.
 * A request that was sent is a fact as well.
 */
export type CaseFacts = {
  readonly submission: Submission;
  readonly round: number;
  readonly rounds: Readonly<Record<number, Round>>;
  /** When each request was sent. */
  readonly sent: Readonly<Record<RequestKey, Temporal.Instant>>;
  readonly triageBy: Deadline;
  readonly information?: Information;
  readonly acceptance?: { readonly plan: CoursePlan };
  readonly entitlement: Entitlement;
  readonly seat: SeatState;
  readonly guarantee?: Guarantee;
  readonly startedOn?: Temporal.PlainDate;
  readonly ended?: CourseEnd;
  /** Billing has given back everything that it was asked to. */
  readonly isAccountStopped: boolean;
  readonly invoice?: Invoice;
  readonly stop?: { readonly reason: StopReason };
  readonly closed?: { readonly careState: CareState; readonly reason: string };
};

/** The answers of the current round. */
export function currentRound(facts: CaseFacts): Round {
  return roundOf(facts, facts.round);
}

/** The answers of a round; none are known of one that has not begun. */
export function roundOf(facts: CaseFacts, round: number): Round {
  return facts.rounds[round] ?? {};
}

/** The facts with more known of a round. */
export function withRound(facts: CaseFacts, round: number, more: Round): CaseFacts {
  return { ...facts, rounds: { ...facts.rounds, [round]: { ...roundOf(facts, round), ...more } } };
}

/** Whether a request was sent. */
export function isSent(facts: CaseFacts, kind: string, round: number): boolean {
  return Object.hasOwn(facts.sent, `${kind}@${round}`);
}

/** Whether the case goes its way: neither asked to stop, nor over. */
export function isOpen(facts: CaseFacts): boolean {
  return facts.stop === undefined && facts.ended === undefined && facts.closed === undefined;
}

/** The guarantee that binds the payer. */
export function guaranteeInForce(facts: CaseFacts): Guarantee | undefined {
  return facts.guarantee?.isReleased === true ? undefined : facts.guarantee;
}

/** The course that is held in the current round. */
export function liveHold(facts: CaseFacts): Hold | undefined {
  const { hold, lapsed, isHoldLate } = currentRound(facts);
  return lapsed === undefined && isHoldLate !== true ? hold : undefined;
}
