import type { DateInterval } from "./dates.ts";

/**
 * From the most general to the most specific: the most specific layer that covers a case decides.
 */
export const layers = [
  "MULTILATERAL_TREATY",
  "BILATERAL_AGREEMENT",
  "ANNUAL_PROTOCOL",
  "INDIVIDUAL_DECISION",
] as const;

export type Layer = (typeof layers)[number];

/** One version of an agreement, as it was signed. */
export type AgreementText = {
  /** `agreements/{id}`. */
  readonly name: string;
  readonly version: number;
  readonly layer: Layer;
  /** `parties/{country}`. */
  readonly parties: readonly string[];
  readonly title: string;
  readonly legalSource: string;
  readonly signatureDate: Temporal.PlainDate | undefined;
  readonly inForce: DateInterval;
  readonly clauses: readonly Clause[];
  readonly quotas: readonly Quota[];
  readonly tariffs: readonly Tariff[];
  readonly accreditations: readonly Accreditation[];
};

/** A version with the time from which it was known: the second of the two time axes. */
export type KnownAgreement = AgreementText & { readonly knownFrom: Temporal.Instant };

/** One clause: whom it speaks of, and what it says. */
export type Clause = {
  readonly id: string;
  readonly summary: string;
  readonly article: string;
  /** Empty means all. */
  readonly programmes: readonly string[];
  /** A CEL expression over the facts of a case; empty means always. */
  readonly condition: string;
  readonly terms: ClauseTerms;
};

/** What a clause says; its kind decides what it is used for. */
export type ClauseTerms =
  | CoverageTerms
  | { readonly kind: "EXCLUSION" }
  | { readonly kind: "PAYERS"; readonly shares: readonly PayerShare[] }
  | { readonly kind: "ANSWER_TIME"; readonly time: WorkingTime }
  | { readonly kind: "CONTEST_TIME"; readonly time: WorkingTime }
  | PermittedStayTerms
  | { readonly kind: "QUOTA_RULE"; readonly quota: string; readonly pendTime: WorkingTime }
  | { readonly kind: "TARIFF_RULE"; readonly tariff: string; readonly creditor: string };

export type ClauseKind = ClauseTerms["kind"];

/**
 * Care that the parties pay for. A referral is always planned care; emergency care is for a person
 * already there.
 */
export type CoverageTerms = {
  readonly kind: "COVERAGE";
  readonly care: "PLANNED" | "EMERGENCY";
  /** Empty means any. */
  readonly hubs: readonly string[];
  /** Beginnings of ICD-10 codes; empty means any. */
  readonly diagnosisPrefixes: readonly string[];
};

/** Why a person stays. */
export type StayPurpose = "TREATMENT" | "ACCOMPANIMENT";

/** How many days a person may stay, the first one counted. */
export type PermittedStayTerms = {
  readonly kind: "PERMITTED_STAY";
  /** Empty means any. */
  readonly citizenships: readonly string[];
  readonly purposes: readonly StayPurpose[];
  readonly days: number;
};

/** `parties/-` stands for the party that sends. */
export type PayerShare = { readonly party: string; readonly shareBasisPoints: number };

/** A length in working days of all named countries at once, and the hours of grace after it. */
export type WorkingTime = {
  readonly workingDays: number;
  readonly calendars: readonly string[];
  readonly graceHours: number;
};

/** A number of seats for each of some periods that share no day. */
export type Quota = {
  readonly id: string;
  readonly title: string;
  readonly periods: readonly QuotaPeriod[];
};

/** The seats of one period, and the days that belong to it. */
export type QuotaPeriod = {
  readonly id: string;
  readonly days: DateInterval;
  /** All seats, those set aside included. */
  readonly seatCount: number;
  readonly setAsides: readonly SetAside[];
};

/** Seats that only some may use. */
export type SetAside = {
  readonly id: string;
  readonly seatCount: number;
  /** A CEL expression; who satisfies it takes these seats first. */
  readonly condition: string;
};

/** One version of a tariff; its first day of treatment chooses it for a course. */
export type Tariff = {
  readonly id: string;
  readonly version: number;
  readonly inForce: DateInterval;
  readonly currency: string;
  readonly prices: readonly Price[];
};

/** The price of one unit, in minor units of the tariff's currency. */
export type Price = { readonly serviceCode: string; readonly amountMinor: bigint };

/** A hub that may treat under the agreement while this is valid. */
export type Accreditation = {
  readonly hub: string;
  /** Empty means all. */
  readonly programmes: readonly string[];
  readonly reference: string;
  readonly valid: DateInterval;
};

/** `agreements/{id}/clauses/{id}`. */
export function clauseName(agreement: { readonly name: string }, clause: string): string {
  return `${agreement.name}/clauses/${clause}`;
}

/** `agreements/{id}/quotas/{id}`. */
export function quotaName(agreement: { readonly name: string }, quota: string): string {
  return `${agreement.name}/quotas/${quota}`;
}

/** `agreements/{id}/tariffs/{id}`. */
export function tariffName(agreement: { readonly name: string }, tariff: string): string {
  return `${agreement.name}/tariffs/${tariff}`;
}

/** Every hub that the text names, each once: those hubs may read it. */
export function hubsOf({ clauses, accreditations }: AgreementText): string[] {
  const covered = clauses.flatMap(({ terms }) => (terms.kind === "COVERAGE" ? terms.hubs : []));
  return [...new Set([...covered, ...accreditations.map(({ hub }) => hub)])].sort();
}
