import { DomainError } from "@carehub/rules/domain-error";

/** What ISO 4217 says of a currency. */
export type Currency = {
  /** Three digits, as text: `008` is not 8. */
  readonly numericCode: string;
  /** How many decimal digits its minor unit has. */
  readonly minorDigits: number;
};

const currencyByCode = {
  AED: { numericCode: "784", minorDigits: 2 },
  AFN: { numericCode: "971", minorDigits: 2 },
  AMD: { numericCode: "051", minorDigits: 2 },
  AZN: { numericCode: "944", minorDigits: 2 },
  BHD: { numericCode: "048", minorDigits: 3 },
  BYN: { numericCode: "933", minorDigits: 2 },
  CHF: { numericCode: "756", minorDigits: 2 },
  CNY: { numericCode: "156", minorDigits: 2 },
  CZK: { numericCode: "203", minorDigits: 2 },
  EUR: { numericCode: "978", minorDigits: 2 },
  GBP: { numericCode: "826", minorDigits: 2 },
  GEL: { numericCode: "981", minorDigits: 2 },
  ILS: { numericCode: "376", minorDigits: 2 },
  INR: { numericCode: "356", minorDigits: 2 },
  IRR: { numericCode: "364", minorDigits: 2 },
  JOD: { numericCode: "400", minorDigits: 3 },
  JPY: { numericCode: "392", minorDigits: 0 },
  KGS: { numericCode: "417", minorDigits: 2 },
  KRW: { numericCode: "410", minorDigits: 0 },
  KWD: { numericCode: "414", minorDigits: 3 },
  KZT: { numericCode: "398", minorDigits: 2 },
  MNT: { numericCode: "496", minorDigits: 2 },
  OMR: { numericCode: "512", minorDigits: 3 },
  PKR: { numericCode: "586", minorDigits: 2 },
  PLN: { numericCode: "985", minorDigits: 2 },
  QAR: { numericCode: "634", minorDigits: 2 },
  RUB: { numericCode: "643", minorDigits: 2 },
  SAR: { numericCode: "682", minorDigits: 2 },
  SGD: { numericCode: "702", minorDigits: 2 },
  THB: { numericCode: "764", minorDigits: 2 },
  TJS: { numericCode: "972", minorDigits: 2 },
  TMT: { numericCode: "934", minorDigits: 2 },
  TRY: { numericCode: "949", minorDigits: 2 },
  UAH: { numericCode: "980", minorDigits: 2 },
  USD: { numericCode: "840", minorDigits: 2 },
  UZS: { numericCode: "860", minorDigits: 2 },
} as const satisfies Record<string, Currency>;

/** An ISO 4217 code that the table has. */
export type CurrencyCode = keyof typeof currencyByCode;

/**
 * The currencies of the states and clinics that carehub serves, by code; never changed at run time.
 */
export const currencies: Readonly<Record<CurrencyCode, Currency>> = deepFreeze(currencyByCode);

/** Reads a code; one that the table lacks, or in small letters, fails with CURRENCY_UNKNOWN. */
export function parseCurrency(text: string): CurrencyCode {
  if (!Object.hasOwn(currencies, text)) {
    throw new DomainError("CURRENCY_UNKNOWN", { currency: text.slice(0, 3) });
  }
  return text as CurrencyCode;
}

/** How many minor units make one unit: 100 for KZT, 1 for JPY. */
export function minorUnitsPerUnit(code: CurrencyCode): bigint {
  return 10n ** BigInt(currencies[code].minorDigits);
}

function deepFreeze<Table extends Record<string, Currency>>(table: Table): Table {
  for (const currency of Object.values(table)) Object.freeze(currency);
  return Object.freeze(table);
}
