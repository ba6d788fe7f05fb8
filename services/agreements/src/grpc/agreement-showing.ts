import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type AgreementSchema,
  CareKind,
  type ClauseSchema,
  Layer,
  StayPurpose,
} from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import {
  type PartySchema,
  Standing,
} from "@carehub/contracts/gen/carehub/agreements/v1/party_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import type { Clause, ClauseTerms, KnownAgreement, WorkingTime } from "../domain/agreement.ts";
import { toCivilDate } from "../domain/dates.ts";
import type { Party } from "../domain/party.ts";
import { showInterval } from "./dates.ts";

type WireTerms = NonNullable<MessageInitShape<typeof ClauseSchema>["terms"]>;

/** A version as it is told. */
export function showAgreement(known: KnownAgreement): MessageInitShape<typeof AgreementSchema> {
  const { name, version, title, legalSource, parties, signatureDate } = known;
  return {
    ...{ name, version, title, legalSource, parties: [...parties] },
    layer: Layer[known.layer],
    ...(signatureDate && { signatureDate: toCivilDate(signatureDate) }),
    inForce: showInterval(known.inForce),
    knownFromTime: toTimestamp(known.knownFrom),
    clauses: known.clauses.map((clause) => showClause(known, clause)),
    quotas: known.quotas.map(({ id, title, periods }) => ({
      ...{ id, title },
      periods: periods.map(({ id, days, seatCount, setAsides }) => ({
        ...{ id, seatCount, days: showInterval(days) },
        setAsides: setAsides.map((aside) => ({ ...aside })),
      })),
    })),
    tariffs: known.tariffs.map(({ id, version, currency: currencyCode, inForce, prices }) => ({
      ...{ id, version, currencyCode, inForce: showInterval(inForce) },
      prices: prices.map(({ serviceCode, amountMinor }) => ({
        serviceCode,
        unitPrice: { amountMinor, currencyCode },
      })),
    })),
    accreditations: known.accreditations.map(({ hub, programmes, reference, valid }) => ({
      ...{ hub, programmes: [...programmes], reference, valid: showInterval(valid) },
    })),
  };
}

function showClause(
  { name }: KnownAgreement,
  clause: Clause,
): MessageInitShape<typeof ClauseSchema> {
  const { id, summary, article, programmes, condition } = clause;
  const terms = showTerms(clause.terms, `${name}/clauses/${id}`);
  return { id, summary, article, programmes: [...programmes], condition, terms };
}

function showTerms(terms: ClauseTerms, clause: string): WireTerms {
  switch (terms.kind) {
    case "COVERAGE": {
      const { care, hubs, diagnosisPrefixes } = terms;
      const value = { hubs: [...hubs], diagnosisPrefixes: [...diagnosisPrefixes] };
      return { case: "coverage", value: { ...value, care: CareKind[care] } };
    }
    case "EXCLUSION":
      return { case: "exclusion", value: {} };
    case "PAYERS":
      return { case: "payers", value: { shares: terms.shares.map((share) => ({ ...share })) } };
    case "ANSWER_TIME":
      return { case: "answerTime", value: showTime(terms.time, clause) };
    case "CONTEST_TIME":
      return { case: "contestTime", value: showTime(terms.time, clause) };
    case "PERMITTED_STAY": {
      const { citizenships, purposes, days } = terms;
      const named = purposes.map((purpose) => StayPurpose[purpose]);
      return {
        case: "permittedStay",
        value: { citizenships: [...citizenships], purposes: named, days },
      };
    }
    case "QUOTA_RULE": {
      const { quota, pendTime } = terms;
      return { case: "quotaRule", value: { quota, pendTime: showTime(pendTime, clause) } };
    }
    case "TARIFF_RULE": {
      const { tariff, creditor } = terms;
      return { case: "tariffRule", value: { tariff, creditor } };
    }
    default:
      return terms satisfies never;
  }
}

/** A length of time with the clause that sets it. */
export function showTime({ workingDays, calendars, graceHours }: WorkingTime, clause: string) {
  return { workingDays, calendars: [...calendars], graceHours, clause };
}

/** A party as it is told. */
export function showParty({
  party,
  revision,
  updatedAt,
}: {
  readonly party: Party;
  readonly revision: number;
  readonly updatedAt: Temporal.Instant;
}): MessageInitShape<typeof PartySchema> {
  const { currency: currencyCode, standing, ...rest } = party;
  const updateTime = toTimestamp(updatedAt);
  return { ...rest, currencyCode, standing: Standing[standing], revision, updateTime };
}
