import type { AgreementText, Clause, ClauseTerms } from "./agreement.ts";
import type { Facts } from "./facts.ts";

const date = (text: string) => Temporal.PlainDate.from(text);

/** A civil date or the interval between two, for tests. */
export const days = (first: string, last?: string) => ({
  first: date(first),
  last: last === undefined ? undefined : date(last),
});

/** A clause of these terms; what a test does not say is of no matter to it. */
export function aClause(id: string, terms: ClauseTerms, rest: Partial<Clause> = {}): Clause {
  return { id, summary: `${id}.`, article: "", programmes: [], condition: "", terms, ...rest };
}

const fiveDays = { workingDays: 5, calendars: ["UZ"], graceHours: 24 };

/** A protocol of KZ and UZ: heart surgery for congenital hearts, 10 seats, 3 of them for UZ-QR. */
export function aProtocol(rest: Partial<AgreementText> = {}): AgreementText {
  return {
    name: "agreements/protocol",
    version: 1,
    layer: "ANNUAL_PROTOCOL",
    parties: ["parties/KZ", "parties/UZ"],
    title: "Protocol",
    legalSource: "Illustrative",
    signatureDate: undefined,
    inForce: days("2026-01-01", "2026-12-31"),
    clauses: [
      aClause("heart", heartCoverage, {
        programmes: ["heart-surgery"],
        condition: "age_years < 18",
      }),
      aClause("payers", payersOf("parties/UZ")),
      aClause("answer", { kind: "ANSWER_TIME", time: fiveDays }),
      aClause("contest", { kind: "CONTEST_TIME", time: { ...fiveDays, workingDays: 15 } }),
      aClause("stay", stayOf(90)),
      aClause("seats", { kind: "QUOTA_RULE", quota: "heart", pendTime: fiveDays }),
      aClause("tariff", { kind: "TARIFF_RULE", tariff: "heart", creditor: "parties/KZ" }),
    ],
    quotas: [aQuota(10, 3)],
    tariffs: [aTariff(1, "2026-01-01", "2026-06-30"), aTariff(2, "2026-07-01", "2026-12-31")],
    accreditations: [
      {
        hub: "hubs/umc-heart",
        programmes: ["heart-surgery"],
        reference: "JCI",
        valid: days("2025-01-01", "2026-10-31"),
      },
    ],
    ...rest,
  };
}

const heartCoverage: ClauseTerms = {
  kind: "COVERAGE",
  care: "PLANNED",
  hubs: ["hubs/umc-heart"],
  diagnosisPrefixes: ["Q20", "Q21"],
};

/** All is paid by that party. */
export function payersOf(party: string): ClauseTerms {
  return { kind: "PAYERS", shares: [{ party, shareBasisPoints: 10_000 }] };
}

/** So many days for citizens of UZ, for patients and companions. */
export function stayOf(daysMax: number): ClauseTerms {
  const purposes = ["TREATMENT", "ACCOMPANIMENT"] as const;
  return { kind: "PERMITTED_STAY", citizenships: ["UZ"], purposes, days: daysMax };
}

/** The quota `heart` in the period 2026, and empty ones in none. */
export function aQuota(seatCount: number, aside: number) {
  return {
    id: "heart",
    title: "Heart surgery",
    periods: [
      {
        id: "2026",
        days: days("2026-01-01", "2026-12-31"),
        seatCount,
        setAsides:
          aside === 0
            ? []
            : [{ id: "UZ-QR", seatCount: aside, condition: 'residence_region == "UZ-QR"' }],
      },
    ],
  };
}

function aTariff(version: number, first: string, last: string) {
  const amountMinor = BigInt(version) * 150_000_000n;
  return {
    id: "heart",
    version,
    inForce: days(first, last),
    currency: "KZT",
    prices: [{ serviceCode: "heart-surgery", amountMinor }],
  };
}

/** A treaty of four states that gives emergency care free and planned care on a paid basis. */
export function aTreaty(rest: Partial<AgreementText> = {}): AgreementText {
  return {
    ...aProtocol(),
    name: "agreements/treaty",
    layer: "MULTILATERAL_TREATY",
    parties: ["parties/KZ", "parties/KG", "parties/TJ", "parties/UZ"],
    inForce: days("1998-06-26"),
    clauses: [
      aClause("emergency", {
        kind: "COVERAGE",
        care: "EMERGENCY",
        hubs: [],
        diagnosisPrefixes: [],
      }),
      aClause("paid-basis", payersOf("parties/-")),
    ],
    quotas: [],
    tariffs: [],
    accreditations: [],
    ...rest,
  };
}

/** A child from Tashkent with tetralogy of Fallot, for heart surgery. */
export function someFacts(rest: Facts = {}): Facts {
  return {
    citizenship: "UZ",
    residence_country: "UZ",
    residence_region: "UZ-TK",
    age_years: 6,
    companion_count: 1,
    programme: "heart-surgery",
    hub: "hubs/umc-heart",
    diagnosis_code: "Q21.3",
    priority: "ROUTINE",
    referral_date: "2026-02-02",
    sending_party: "parties/UZ",
    ...rest,
  };
}
