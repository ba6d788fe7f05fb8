import { countryCalendars } from "@carehub/calendar/table";
import { currencies } from "@carehub/money/currency";
import { DomainError, type FieldViolation } from "@carehub/rules/domain-error";
import type { AgreementText, Clause, Quota, Tariff, WorkingTime } from "./agreement.ts";
import { type DateInterval, isEmptyInterval, overlaps } from "./dates.ts";
import { compileCondition } from "./expression.ts";
import { refusal } from "./reasons.ts";

const wholeShare = 10_000;
const graceHoursMin = 1;
const calendarsKnown = new Set(countryCalendars.map(({ country }) => country));

/**
 * Passes a text whose clauses refer to what it has, whose conditions are sound and whose numbers
 * add up. Any other fails with AGREEMENT_INVALID; each violation names the clause, and the column
 * of a bad condition.
 */
export function checkAgreement(text: AgreementText): void {
  const violations = [
    ...checkInterval(text.inForce, "agreement.in_force"),
    ...checkUnique(
      text.clauses.map(({ id }) => id),
      "agreement.clauses",
    ),
    ...text.clauses.flatMap((clause, index) => checkClause(text, clause, index)),
    ...checkUnique(
      text.quotas.map(({ id }) => id),
      "agreement.quotas",
    ),
    ...text.quotas.flatMap((quota, index) => checkQuota(quota, `agreement.quotas[${index}]`)),
    ...text.tariffs.flatMap((tariff, index) => checkTariff(tariff, `agreement.tariffs[${index}]`)),
    ...checkTariffVersions(text.tariffs),
    ...text.accreditations.flatMap(({ valid }, index) =>
      checkInterval(valid, `agreement.accreditations[${index}].valid`),
    ),
  ];
  const first = violations[0];
  if (first === undefined) return;
  const { field, description } = first;
  throw refusal("AGREEMENT_INVALID", { field, fault: description }, { violations });
}

function checkClause(text: AgreementText, clause: Clause, index: number): FieldViolation[] {
  const field = `agreement.clauses[${index}]`;
  const { terms } = clause;
  const found = checkCondition(clause.condition, `${field}.condition`, `clause ${clause.id}`);
  switch (terms.kind) {
    case "EXCLUSION":
      if (clause.condition.trim() === "") {
        found.push(
          violation(`${field}.condition`, `clause ${clause.id} excludes without a condition`),
        );
      }
      return found;
    case "PAYERS": {
      const sum = terms.shares.reduce((total, share) => total + share.shareBasisPoints, 0);
      if (sum !== wholeShare) {
        const fault = `the shares of clause ${clause.id} sum to ${sum}, not ${wholeShare}`;
        found.push(violation(`${field}.payers.shares`, fault));
      }
      return found;
    }
    case "ANSWER_TIME":
      // An answer in time may still be under way when the time is over; the hold must outlast that.
      if (terms.time.graceHours < graceHoursMin) {
        const fault = `leaves less than ${graceHoursMin} hour of grace for answers under way`;
        found.push(violation(`${field}.answer_time.grace_hours`, fault));
      }
      return [...found, ...checkCalendars(terms.time, field)];
    case "CONTEST_TIME":
      return [...found, ...checkCalendars(terms.time, field)];
    case "QUOTA_RULE":
      if (!text.quotas.some(({ id }) => id === terms.quota)) {
        found.push(violation(`${field}.quota_rule.quota`, `there is no quota ${terms.quota}`));
      }
      return [...found, ...checkCalendars(terms.pendTime, `${field}.quota_rule.pend_time`)];
    case "TARIFF_RULE":
      if (!text.tariffs.some(({ id }) => id === terms.tariff)) {
        found.push(violation(`${field}.tariff_rule.tariff`, `there is no tariff ${terms.tariff}`));
      }
      if (!text.parties.includes(terms.creditor)) {
        found.push(violation(`${field}.tariff_rule.creditor`, `${terms.creditor} did not sign`));
      }
      return found;
    case "COVERAGE":
    case "PERMITTED_STAY":
      return found;
    default:
      return terms satisfies never;
  }
}

function checkQuota({ periods }: Quota, field: string): FieldViolation[] {
  return [
    ...checkUnique(
      periods.map(({ id }) => id),
      `${field}.periods`,
    ),
    ...checkDisjoint(
      periods.map(({ days }) => days),
      `${field}.periods`,
    ),
    ...periods.flatMap(({ days, seatCount, setAsides }, index) => {
      const own = `${field}.periods[${index}]`;
      const aside = setAsides.reduce((total, part) => total + part.seatCount, 0);
      const fault = `${aside} seats are set aside of ${seatCount}`;
      return [
        ...checkInterval(days, `${own}.days`),
        ...(aside > seatCount ? [violation(`${own}.set_asides`, fault)] : []),
        ...checkUnique(
          setAsides.map(({ id }) => id),
          `${own}.set_asides`,
        ),
        ...setAsides.flatMap(({ id, condition }, place) =>
          checkCondition(condition, `${own}.set_asides[${place}].condition`, `set-aside ${id}`),
        ),
      ];
    }),
  ];
}

function checkTariff({ inForce, currency, prices }: Tariff, field: string): FieldViolation[] {
  const known = Object.hasOwn(currencies, currency);
  return [
    ...checkInterval(inForce, `${field}.in_force`),
    ...(known ? [] : [violation(`${field}.currency_code`, `${currency} is not known`)]),
    ...checkUnique(
      prices.map(({ serviceCode }) => serviceCode),
      `${field}.prices`,
    ),
    ...prices.flatMap(({ amountMinor, serviceCode }) =>
      amountMinor < 0n
        ? [violation(`${field}.prices`, `${serviceCode} costs less than nothing`)]
        : [],
    ),
  ];
}

function checkTariffVersions(tariffs: readonly Tariff[]): FieldViolation[] {
  const versions = tariffs.map(({ id, version }) => `${id} version ${version}`);
  const ids = [...new Set(tariffs.map(({ id }) => id))];
  const intervals = ids.flatMap((id) => {
    const same = tariffs.filter((tariff) => tariff.id === id).map(({ inForce }) => inForce);
    return checkDisjoint(same, "agreement.tariffs");
  });
  return [...checkUnique(versions, "agreement.tariffs"), ...intervals];
}

function checkCondition(condition: string, field: string, where: string): FieldViolation[] {
  try {
    compileCondition(condition);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const { column, fault } = error.metadata;
    return [violation(field, `${where}, column ${column}: ${fault}`)];
  }
}

function checkCalendars({ calendars }: WorkingTime, field: string): FieldViolation[] {
  return calendars
    .filter((country) => !calendarsKnown.has(country))
    .map((country) => violation(`${field}.calendars`, `there is no calendar of ${country}`));
}

function checkInterval(interval: DateInterval, field: string): FieldViolation[] {
  return isEmptyInterval(interval) ? [violation(field, "ends before it begins")] : [];
}

function checkDisjoint(intervals: readonly DateInterval[], field: string): FieldViolation[] {
  const overlapping = intervals.some((left, index) =>
    intervals.slice(index + 1).some((right) => overlaps(left, right)),
  );
  return overlapping ? [violation(field, "two of them share a day")] : [];
}

function checkUnique(ids: readonly string[], field: string): FieldViolation[] {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? [] : [violation(field, `${twice} stands twice`)];
}

function violation(field: string, description: string): FieldViolation {
  return { field, description };
}
