import { type AgreementText, type StayPurpose, tariffName } from "./agreement.ts";
import { containsDate } from "./dates.ts";
import type { Facts } from "./facts.ts";
import {
  accreditationsOf,
  type ClauseTime,
  type Evaluation,
  findSeatSource,
  type SeatSource,
  timeOf,
} from "./grant.ts";
import {
  type Considered,
  considerAll,
  coverageOf,
  explain,
  type Resolved,
  resolve,
} from "./layers.ts";
import type { RefusalReason } from "./reasons.ts";

/** The days of a course, both included. */
export type CourseDays = { readonly first: Temporal.PlainDate; readonly last: Temporal.PlainDate };

/** What the agreements say of a course on its dates. Holds texts and numbers only. */
export type ConfirmedTerms = {
  readonly tariff: string;
  readonly tariffVersion: number;
  readonly currency: string;
  /** Amounts in minor units, as text. */
  readonly prices: readonly { readonly serviceCode: string; readonly amountMinor: string }[];
  readonly seat?: SeatSource;
  /** The last day on which every person may stay; absent where no clause limits it. */
  readonly permittedUntil?: string;
  readonly contestTime?: ClauseTime;
};

/**
 * Decides whether an entitlement holds on the days of the course, under the texts in force on the
 * first: the granting agreement, the hub's accreditation on all days, tariff, quota period,
 * permitted stay.
 */
export function evaluateConfirmation(
  agreements: readonly AgreementText[],
  facts: Facts,
  { granting, days }: { granting: string; days: CourseDays },
): Evaluation<ConfirmedTerms> {
  const considered = considerAll(agreements, facts);
  const refuse = (reason: RefusalReason, clauses: readonly string[] = [], missing = "") => ({
    findings: explain(considered, { clauses, missing }),
    refusal: { reason },
  });
  if (!agreements.some(({ name }) => name === granting)) return refuse("PERIOD_CLOSED");
  const { hub, programme } = facts;
  const accredited = accreditationsOf(considered, { hub, programme }).some(({ valid }) => {
    return containsDate(valid, days.first) && containsDate(valid, days.last);
  });
  if (!accredited) return refuse("HUB_NOT_ACCREDITED", coverageOf(considered), "accreditation");
  const tariffRule = resolve(considered, "TARIFF_RULE");
  const tariff = tariffRule && findTariffVersion(tariffRule, days.first);
  if (!tariffRule || !tariff) {
    return refuse("PERIOD_CLOSED", tariffRule && [tariffRule.finding.clause], "first_date");
  }
  const quotaRule = resolve(considered, "QUOTA_RULE");
  const seat = quotaRule && findSeatSource(quotaRule, facts, days.first);
  if (quotaRule && !seat) return refuse("PERIOD_CLOSED", [quotaRule.finding.clause], "first_date");
  const stay = permittedStay(considered, facts, days);
  if (stay.tooShort !== undefined) {
    return refuse("STAY_NOT_PERMITTED", stay.tooShort, stay.missing);
  }
  const contestTime = resolve(considered, "CONTEST_TIME");
  // An invoice without a time to contest it could not be issued: the texts changed since the grant.
  if (contestTime === undefined) return refuse("NO_AGREEMENT");
  return {
    findings: explain(considered),
    terms: {
      tariff: tariffName(tariffRule.text, tariff.id),
      tariffVersion: tariff.version,
      currency: tariff.currency,
      prices: tariff.prices.map(({ serviceCode, amountMinor }) => {
        return { serviceCode, amountMinor: String(amountMinor) };
      }),
      ...(seat && { seat }),
      ...(stay.until && { permittedUntil: stay.until.toString() }),
      contestTime: timeOf(contestTime.terms.time, contestTime.finding),
    },
  };
}

function findTariffVersion({ text, terms }: Resolved<"TARIFF_RULE">, day: Temporal.PlainDate) {
  return text.tariffs.find(({ id, inForce }) => id === terms.tariff && containsDate(inForce, day));
}

type Stay =
  | { readonly until: Temporal.PlainDate | undefined; readonly tooShort?: undefined }
  | { readonly tooShort: readonly string[]; readonly missing: string };

// A purpose that no clause speaks of is not limited; one that clauses grant to others only is
// refused.
function permittedStay(considered: readonly Considered[], facts: Facts, days: CourseDays): Stay {
  const accompanied = (facts.companion_count ?? 0) > 0;
  const purposes: StayPurpose[] = accompanied ? ["TREATMENT", "ACCOMPANIMENT"] : ["TREATMENT"];
  let until: Temporal.PlainDate | undefined;
  for (const purpose of purposes) {
    const speaking = stayClauses(considered, purpose);
    if (speaking.length === 0) continue;
    const granted = resolve(considered, "PERMITTED_STAY", (terms) => {
      return terms.purposes.includes(purpose);
    });
    if (granted === undefined) return { tooShort: speaking, missing: "citizenship" };
    const end = days.first.add({ days: granted.terms.days - 1 });
    if (Temporal.PlainDate.compare(end, days.last) < 0) {
      return { tooShort: [granted.finding.clause], missing: "last_date" };
    }
    if (until === undefined || Temporal.PlainDate.compare(end, until) < 0) until = end;
  }
  return { until };
}

function stayClauses(considered: readonly Considered[], purpose: StayPurpose): string[] {
  return considered
    .flatMap(({ clauses }) => clauses)
    .filter(({ clause: { terms } }) => {
      return terms.kind === "PERMITTED_STAY" && terms.purposes.includes(purpose);
    })
    .map(({ finding }) => finding.clause);
}
