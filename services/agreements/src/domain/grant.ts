import { type AgreementText, quotaName, tariffName, type WorkingTime } from "./agreement.ts";
import type { ClauseFinding } from "./clause-finding.ts";
import { containsDate } from "./dates.ts";
import { compileCondition } from "./expression.ts";
import type { Facts } from "./facts.ts";
import {
  type AgreementFinding,
  type Considered,
  compareLayers,
  considerAll,
  coverageOf,
  covers,
  explain,
  type Resolved,
  resolve,
} from "./layers.ts";
import type { RefusalReason } from "./reasons.ts";

/** The general part of a quota, beside those set aside. */
export const generalPart = "";

/** A length of time as a clause sets it. */
export type ClauseTime = WorkingTime & { readonly clause: string };

/**
 * Where a seat can come from: the parts in the order in which the case takes them, set-asides
 * first.
 */
export type SeatSource = {
  readonly quota: string;
  readonly period: string;
  readonly parts: readonly string[];
};

/**
 * What the agreements say of an entitled case. Holds texts and numbers only, so it can be stored as
 * it is.
 */
export type GrantTerms = {
  readonly agreement: string;
  readonly agreementVersion: number;
  readonly payers: readonly { readonly party: string; readonly shareBasisPoints: number }[];
  readonly answerTime: ClauseTime;
  readonly tariff: string;
  readonly currency: string;
  readonly creditor: string;
  /** Absent where no seats are counted. */
  readonly seat?: SeatSource;
  readonly pendTime?: ClauseTime;
  /** The names of the clauses that decided. */
  readonly deciding: readonly string[];
};

/** Why a case is not entitled. */
export type Refusal = { readonly reason: RefusalReason };

/** The answer with everything that was considered. */
export type Evaluation<Terms> = { readonly findings: readonly AgreementFinding[] } & (
  | { readonly terms: Terms; readonly refusal?: undefined }
  | { readonly terms?: undefined; readonly refusal: Refusal }
);

/**
 * Decides whether a case is entitled under the texts in force on the day of referral. The most
 * specific layer that covers it decides, more general ones supply what it leaves open. Says nothing
 * of free seats.
 */
export function evaluateEntitlement(
  agreements: readonly AgreementText[],
  facts: Facts,
  day: Temporal.PlainDate,
): Evaluation<GrantTerms> {
  const considered = considerAll(agreements, facts);
  const refuse = (reason: RefusalReason, clauses: readonly string[] = [], missing = "") => ({
    findings: explain(considered, { clauses, missing }),
    refusal: { reason },
  });
  const deciding = considered.find(covers);
  const exclusion = findExclusion(considered, deciding);
  if (exclusion !== undefined) return refuse(reasonOfExclusion(exclusion));
  if (deciding === undefined) return refuse(reasonOfGap(considered));
  const coverage = coverageOf([deciding]);
  if (!hasAccreditation(considered, facts, day)) {
    return refuse("HUB_NOT_ACCREDITED", coverage, "accreditation");
  }
  const payers = resolve(considered, "PAYERS");
  const answerTime = resolve(considered, "ANSWER_TIME");
  const contestTime = resolve(considered, "CONTEST_TIME");
  const tariffRule = resolve(considered, "TARIFF_RULE");
  const tariff = tariffRule && findTariff(tariffRule);
  // Covered, but no text says who pays, by when, or at which price: nothing that binds anyone.
  if (!payers || !answerTime || !contestTime || !tariffRule || !tariff) {
    return refuse("NO_AGREEMENT");
  }
  const quotaRule = resolve(considered, "QUOTA_RULE");
  const seat = quotaRule && findSeatSource(quotaRule, facts, day);
  if (quotaRule && !seat)
    return refuse("PERIOD_CLOSED", [quotaRule.finding.clause], "referral_date");
  const clauses = [payers, answerTime, tariffRule, ...(quotaRule ? [quotaRule] : [])];
  return {
    findings: explain(considered),
    terms: {
      agreement: deciding.text.name,
      agreementVersion: deciding.text.version,
      payers: payers.terms.shares.map(({ party, shareBasisPoints }) => ({
        party: party === senderPlaceholder ? (facts.sending_party ?? party) : party,
        shareBasisPoints,
      })),
      answerTime: timeOf(answerTime.terms.time, answerTime.finding),
      tariff: tariffName(tariffRule.text, tariffRule.terms.tariff),
      currency: tariff.currency,
      creditor: tariffRule.terms.creditor,
      ...(seat && { seat }),
      ...(quotaRule && { pendTime: timeOf(quotaRule.terms.pendTime, quotaRule.finding) }),
      deciding: [...coverage, ...clauses.map(({ finding }) => finding.clause)],
    },
  };
}

const senderPlaceholder = "parties/-";

/**
 * The part of each quota and period that the case may use, own set-asides first; undefined when no
 * period has the day.
 */
export function findSeatSource(
  { text, terms }: Resolved<"QUOTA_RULE">,
  facts: Facts,
  day: Temporal.PlainDate,
): SeatSource | undefined {
  const quota = text.quotas.find(({ id }) => id === terms.quota);
  const period = quota?.periods.find(({ days }) => containsDate(days, day));
  if (quota === undefined || period === undefined) return undefined;
  const own = period.setAsides
    .filter(({ condition }) => compileCondition(condition).evaluate(facts).holds === true)
    .map(({ id }) => id);
  return { quota: quotaName(text, quota.id), period: period.id, parts: [...own, generalPart] };
}

/** A time of a clause, with the clause's name. */
export function timeOf(time: WorkingTime, { clause }: ClauseFinding): ClauseTime {
  return { ...time, clause };
}

// An exclusion counts in the layer that covers and in more specific ones; one that cannot be told
// excludes.
function findExclusion(
  considered: readonly Considered[],
  deciding: Considered | undefined,
): ClauseFinding | undefined {
  return considered
    .filter(({ text }) => {
      return deciding !== undefined && compareLayers(text.layer, deciding.text.layer) >= 0;
    })
    .flatMap(({ clauses }) => clauses)
    .filter(({ clause }) => clause.terms.kind === "EXCLUSION")
    .map(({ finding }) => finding)
    .find(({ result, undecided }) => result === "SATISFIED" || undecided);
}

const factsOfIllness: ReadonlySet<string> = new Set(["diagnosis_code", "programme", "hub"]);

function reasonOfExclusion({ facts, undecided }: ClauseFinding): RefusalReason {
  const ofIllness = Object.keys(facts).every((name) => factsOfIllness.has(name));
  return ofIllness && !undecided ? "DIAGNOSIS_NOT_COVERED" : "PERSON_NOT_COVERED";
}

// The clause that came closest says why: one with the wrong illness explains more than one for
// another programme.
function reasonOfGap(considered: readonly Considered[]): RefusalReason {
  const gaps = considered
    .flatMap(({ clauses }) => clauses)
    .filter(({ finding }) => finding.kind === "COVERAGE" && finding.result === "NOT_SATISFIED")
    .map(({ finding }) => finding.missing);
  if (gaps.length === 0) return "NO_AGREEMENT";
  const atHub = gaps.filter((gap) => !gap.includes("programme") && !gap.includes("hub"));
  if (atHub.length === 0) return "PROGRAMME_NOT_COVERED";
  const ofIllness = atHub.filter((gap) => !gap.includes("diagnosis_code"));
  return ofIllness.length === 0 ? "DIAGNOSIS_NOT_COVERED" : "PERSON_NOT_COVERED";
}

function hasAccreditation(
  considered: readonly Considered[],
  { hub, programme }: Facts,
  day: Temporal.PlainDate,
): boolean {
  return accreditationsOf(considered, { hub, programme }).some(({ valid: { last } }) => {
    return last === undefined || Temporal.PlainDate.compare(day, last) <= 0;
  });
}

/** Every accreditation of the hub for the programme, in any of the texts. */
export function accreditationsOf(
  considered: readonly Considered[],
  { hub, programme }: { hub: string | undefined; programme: string | undefined },
) {
  return considered
    .flatMap(({ text }) => text.accreditations)
    .filter((accreditation) => {
      const { programmes } = accreditation;
      const fits = programmes.length === 0 || programmes.includes(programme ?? "");
      return accreditation.hub === hub && fits;
    });
}

function findTariff({ text, terms }: Resolved<"TARIFF_RULE">) {
  return text.tariffs.find(({ id }) => id === terms.tariff);
}
