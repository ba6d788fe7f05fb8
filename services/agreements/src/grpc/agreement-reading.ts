import {
  type Agreement,
  CareKind,
  Layer,
  StayPurpose,
  type Clause as WireClause,
  type Quota as WireQuota,
  type Tariff as WireTariff,
} from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import type { AnswerTime } from "@carehub/contracts/gen/carehub/type/v1/deadline_pb.ts";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type {
  AgreementText,
  Clause,
  ClauseTerms,
  Layer as LayerName,
  Quota,
  StayPurpose as StayPurposeName,
  Tariff,
  WorkingTime,
} from "../domain/agreement.ts";
import { readDate, readInterval } from "./dates.ts";

/**
 * Reads the text of a version; validation has seen to shapes, so only dates and currencies can be
 * wrong here.
 */
export function readAgreement(wire: Agreement): AgreementText {
  const { name, version, parties, title, legalSource, signatureDate } = wire;
  return {
    ...{ name, version, title, legalSource },
    layer: must(layerNames[wire.layer], "validation passes known layers"),
    parties: [...parties].sort(),
    signatureDate: signatureDate && readDate(signatureDate, "agreement.signature_date"),
    inForce: readInterval(wire.inForce, "agreement.in_force"),
    clauses: wire.clauses.map((clause, index) => readClause(clause, `agreement.clauses[${index}]`)),
    quotas: wire.quotas.map((quota, index) => readQuota(quota, `agreement.quotas[${index}]`)),
    tariffs: wire.tariffs.map((tariff, index) => readTariff(tariff, `agreement.tariffs[${index}]`)),
    accreditations: wire.accreditations.map(({ hub, programmes, reference, valid }, index) => ({
      ...{ hub, programmes, reference },
      valid: readInterval(valid, `agreement.accreditations[${index}].valid`),
    })),
  };
}

const layerNames: Readonly<Record<number, LayerName>> = {
  [Layer.MULTILATERAL_TREATY]: "MULTILATERAL_TREATY",
  [Layer.BILATERAL_AGREEMENT]: "BILATERAL_AGREEMENT",
  [Layer.ANNUAL_PROTOCOL]: "ANNUAL_PROTOCOL",
  [Layer.INDIVIDUAL_DECISION]: "INDIVIDUAL_DECISION",
};

const purposeNames: Readonly<Record<number, StayPurposeName>> = {
  [StayPurpose.TREATMENT]: "TREATMENT",
  [StayPurpose.ACCOMPANIMENT]: "ACCOMPANIMENT",
};

function readClause(wire: WireClause, field: string): Clause {
  const { id, summary, article, programmes, condition } = wire;
  return { id, summary, article, programmes, condition, terms: readTerms(wire.terms, field) };
}

function readTerms(terms: WireClause["terms"], field: string): ClauseTerms {
  switch (terms.case) {
    case "coverage": {
      const { care, hubs, diagnosisPrefixes } = terms.value;
      const kind = care === CareKind.EMERGENCY ? "EMERGENCY" : "PLANNED";
      return { kind: "COVERAGE", care: kind, hubs, diagnosisPrefixes };
    }
    case "exclusion":
      return { kind: "EXCLUSION" };
    case "payers": {
      const shares = terms.value.shares.map(({ party, shareBasisPoints }) => {
        return { party, shareBasisPoints };
      });
      return { kind: "PAYERS", shares };
    }
    case "answerTime":
      return { kind: "ANSWER_TIME", time: readTime(terms.value) };
    case "contestTime":
      return { kind: "CONTEST_TIME", time: readTime(terms.value) };
    case "permittedStay": {
      const { citizenships, days } = terms.value;
      const purposes = terms.value.purposes.map((purpose) =>
        must(purposeNames[purpose], "validation passes known purposes"),
      );
      return { kind: "PERMITTED_STAY", citizenships, purposes, days };
    }
    case "quotaRule": {
      const { quota, pendTime } = terms.value;
      const time = must(pendTime, "validation requires the time to wait");
      return { kind: "QUOTA_RULE", quota, pendTime: readTime(time) };
    }
    case "tariffRule": {
      const { tariff, creditor } = terms.value;
      return { kind: "TARIFF_RULE", tariff, creditor };
    }
    case undefined:
      throw invalidField(`${field}.terms`, "a clause says something");
    default:
      return terms satisfies never;
  }
}

function readTime({ workingDays, calendars, graceHours }: AnswerTime): WorkingTime {
  return { workingDays, calendars, graceHours };
}

function readQuota({ id, title, periods }: WireQuota, field: string): Quota {
  return {
    ...{ id, title },
    periods: periods.map((period, index) => ({
      id: period.id,
      days: readInterval(period.days, `${field}.periods[${index}].days`),
      seatCount: period.seatCount,
      setAsides: period.setAsides.map((aside) => {
        return { id: aside.id, seatCount: aside.seatCount, condition: aside.condition };
      }),
    })),
  };
}

function readTariff(wire: WireTariff, field: string): Tariff {
  const { id, version, currencyCode: currency } = wire;
  return {
    ...{ id, version, currency },
    inForce: readInterval(wire.inForce, `${field}.in_force`),
    prices: wire.prices.map(({ serviceCode, unitPrice }, index) => {
      const price = must(unitPrice, "validation requires the price");
      if (price.currencyCode !== currency) {
        throw invalidField(`${field}.prices[${index}].unit_price`, `is not in ${currency}`);
      }
      return { serviceCode, amountMinor: price.amountMinor };
    }),
  };
}
