import { DomainError } from "@carehub/rules/domain-error";

const zones: ReadonlyMap<string, string> = new Map([
  ["KZ", "Asia/Almaty"],
  ["UZ", "Asia/Tashkent"],
  ["KG", "Asia/Bishkek"],
  ["TJ", "Asia/Dushanbe"],
  ["TM", "Asia/Ashgabat"],
  ["AZ", "Asia/Baku"],
  // Federal clocks of Russia run by Moscow time; a region's own zone is not a state's deadline.
  ["RU", "Europe/Moscow"],
]);

/**
 * The IANA zone in which a country's deadlines end; an unknown country fails with
 * CALENDAR_COUNTRY_UNKNOWN.
 */
export function zoneOf(country: string): string {
  const zone = zones.get(country);
  if (zone === undefined) throw new DomainError("CALENDAR_COUNTRY_UNKNOWN", { country });
  return zone;
}
