import { invalidField } from "@carehub/rules/ids";
import { iso31661, iso31662 } from "iso-3166";

const countries = new Set(iso31661.map(({ alpha2 }) => alpha2 as string));
const regions = new Set(iso31662.map(({ code }) => code as string));

/** Kazakhstan's codes of before 2022, which many systems still send. */
const newRegionByOld: ReadonlyMap<string, string> = new Map([
  ["KZ-AKM", "KZ-11"],
  ["KZ-AKT", "KZ-15"],
  ["KZ-ALM", "KZ-19"],
  ["KZ-ATY", "KZ-23"],
  ["KZ-ZAP", "KZ-27"],
  ["KZ-ZHA", "KZ-31"],
  ["KZ-KAR", "KZ-35"],
  ["KZ-KUS", "KZ-39"],
  ["KZ-KZY", "KZ-43"],
  ["KZ-MAN", "KZ-47"],
  ["KZ-PAV", "KZ-55"],
  ["KZ-SEV", "KZ-59"],
  ["KZ-YUZ", "KZ-61"],
  ["KZ-VOS", "KZ-63"],
  ["KZ-AST", "KZ-71"],
  ["KZ-ALA", "KZ-75"],
  ["KZ-SHY", "KZ-79"],
]);

/** Passes an ISO 3166-1 code that is assigned; any other fails with INVALID_FIELD. */
export function parseCountry(code: string, field: string): string {
  if (!countries.has(code)) throw invalidField(field, "is not an ISO 3166-1 code in use");
  return code;
}

/** Reads an ISO 3166-2 code of that country, older ones as their newer; empty stays empty. */
export function parseRegion(code: string, country: string, field: string): string {
  if (code === "") return "";
  const region = newRegionByOld.get(code) ?? code;
  if (!regions.has(region)) throw invalidField(field, "is not an ISO 3166-2 code in use");
  if (!region.startsWith(`${country}-`))
    throw invalidField(field, "is not in the country of residence");
  return region;
}
