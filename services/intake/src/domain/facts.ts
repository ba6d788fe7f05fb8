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

/** How many courses may be lost before a case gives up. */
export const lostRoundsMax = 8;

/** How many may be lost under one guarantee before it is given back. */
export const lostUnderGuaranteeMax = 2;

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
  /** The payer's time passed before any answer to the estimate was heard: billing is asked whether there is one. */
  readonly isAnswerOverdue?: boolean;
  readonly booked?: {
    readonly firstDate: Temporal.PlainDate;
    readonly lastDate: Temporal.PlainDate;
  };
  readonly released?: { readonly reason: string };
  /** The patient was deferred in it: what it took is given back, and it is not lost by that. */
  readonly isGivenBack?: boolean;
};

/** A payer's promise. It is of no round: it is held against each round's total and dates. */
export type Guarantee = {
  readonly guarantee: string;
  /** The round of the estimate that it covers; billing carries it on to later ones. */
  readonly round: number;
  /** The round of the estimate that it was given on; undefined where that is the same. */
  readonly firstRound?: number;
  readonly cap: Money;
  readonly validUntil: Temporal.PlainDate;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly isReleased?: boolean;
};

/** What the hub proposed; a resumed case has other dates. */
export type Acceptance = {
  readonly plan: CoursePlan;
  /** How many days lie between the dates that were proposed at first; undefined while they are those of the plan. */
  readonly spanDays?: number;
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

/** Why and until when a patient cannot travel. */
export type Deferral = { readonly reason: string; readonly resumeBy: Temporal.Instant };

/** Why a case is stopped. Where treatment has begun, the hub confirms or declines. */
export type Stop = { readonly reason: StopReason; readonly isPending?: boolean };

/** A request by kind and round, `CourseRequested@2`; what tells two of a kind apart follows the kind after a dot. */
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
  readonly acceptance?: Acceptance;
  readonly deferred?: Deferral;
  /** The referral that another hub redirected here: `referrals/{uuid}`. */
  readonly redirectedFrom?: string;
  /** The hub that it was redirected to. */
  readonly redirectedToHub?: string;
  readonly entitlement: Entitlement;
  readonly seat: SeatState;
  readonly guarantee?: Guarantee;
  readonly startedOn?: Temporal.PlainDate;
  /** The day from which on the treatment is interrupted; undefined while it goes on. */
  readonly interruptedSince?: Temporal.PlainDate;
  readonly ended?: CourseEnd;
  /** Billing has given back everything that it was asked to. */
  readonly isAccountStopped: boolean;
  readonly invoice?: Invoice;
  readonly stop?: Stop;
  /** How many stops the hub has declined; each was dropped by that. */
  readonly declinedStops?: number;
  readonly closed?: { readonly careState: CareState; readonly reason: string };
};

/** The answers of the current round, as far as they count: none of a round that is given back. */
export function currentRound(facts: CaseFacts): Round {
  const round = roundOf(facts, facts.round);
  return round.isGivenBack === true ? {} : round;
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

/** The guarantee that billing has not told to be released. */
export function standingGuarantee(facts: CaseFacts): Guarantee | undefined {
  return facts.guarantee?.isReleased === true ? undefined : facts.guarantee;
}

/** The guarantee that a course may be booked under: it stands, and nobody asked to release it. */
export function guaranteeInForce(facts: CaseFacts): Guarantee | undefined {
  const guarantee = standingGuarantee(facts);
  if (guarantee === undefined) return undefined;
  for (let round = guarantee.round; round <= facts.round; round += 1) {
    if (isSent(facts, "AccountStopRequested.RELEASE", round)) return undefined;
  }
  return guarantee;
}

/** Whether the course waits on capacity's list. */
export function isWaiting(facts: CaseFacts): boolean {
  const { hold, unavailable } = currentRound(facts);
  return hold === undefined && unavailable?.waitlisted === true;
}

/** How many courses were lost in rounds from `first` up to `last`. */
export function countLost(
  facts: CaseFacts,
  { first, last }: { readonly first: number; readonly last: number },
): number {
  return Object.entries(facts.rounds).filter(([key, { lapsed, isGivenBack }]) => {
    const round = Number(key);
    return lapsed !== undefined && isGivenBack !== true && round >= first && round <= last;
  }).length;
}

/** The course that is held in the current round. */
export function liveHold(facts: CaseFacts): Hold | undefined {
  const { hold, lapsed, isHoldLate } = currentRound(facts);
  return lapsed === undefined && isHoldLate !== true ? hold : undefined;
}
