import { countryCalendars } from "@carehub/calendar/table";
import { currencies } from "@carehub/money/currency";
import type { FieldViolation } from "@carehub/rules/domain-error";
import { refusal } from "./reasons.ts";

/** A state that signs agreements, sends patients or is owed. */
export type Party = {
  /** `parties/{country}`. */
  readonly name: string;
  readonly title: string;
  readonly country: string;
  readonly calendar: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly spiffeId: string;
  readonly standing: "ACTIVE" | "SUSPENDED";
};

/**
 * Passes a party whose name, country and identity are one, and whose calendar, currency and zone
 * exist; else PARTY_INVALID.
 */
export function checkParty(party: Party): void {
  const { country } = party;
  const expect = (holds: boolean, field: string, description: string): FieldViolation[] =>
    holds ? [] : [{ field: `party.${field}`, description }];
  const violations = [
    ...expect(party.name === `parties/${country}`, "name", `is not parties/${country}`),
    ...expect(
      party.spiffeId.endsWith(`/ministry/${country}`),
      "spiffe_id",
      `is not the ministry ${country}`,
    ),
    ...expect(hasCalendar(party.calendar), "calendar", `there is no calendar of ${party.calendar}`),
    ...expect(
      Object.hasOwn(currencies, party.currency),
      "currency_code",
      `${party.currency} is not known`,
    ),
    ...expect(isZone(party.timeZone), "time_zone", `${party.timeZone} is not known`),
  ];
  const first = violations[0];
  if (first === undefined) return;
  const { field, description: fault } = first;
  throw refusal("PARTY_INVALID", { field, fault }, { violations });
}

function hasCalendar(country: string): boolean {
  return countryCalendars.some((calendar) => calendar.country === country);
}

function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
