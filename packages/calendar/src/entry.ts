/** One date on which a country departs from Monday to Friday, as its law or government set it. */
export type CalendarEntry = {
  /** ISO 8601, for example `2026-03-24`. */
  readonly date: string;
  /** A weekend day that works, or a weekday that is off. */
  readonly works: boolean;
  readonly name: string;
  /** The law, decree or order that says so. */
  readonly source: string;
  /** No act of the state confirms the date yet, as for feasts that follow the moon. */
  readonly estimated?: boolean;
  /** Where sources disagree, or what else a reader must know. */
  readonly note?: string;
};

/** All departures of one country in one year. */
export type CalendarYear = {
  readonly year: number;
  /**
   * False when acts that move days off may be missing; every deadline in such a year is estimated.
   */
  readonly complete: boolean;
  readonly note?: string;
  readonly entries: readonly CalendarEntry[];
};

/** The table of one country, years ascending. */
export type CountryCalendar = { readonly country: string; readonly years: readonly CalendarYear[] };

/** What a day off is called, and the act that gives it. */
export type Reason = readonly [name: string, source: string];

type Remark = { readonly estimated?: boolean; readonly note?: string };

/** A weekday that is off. */
export function off(date: string, reason: Reason, remark: Remark = {}): CalendarEntry {
  const [name, source] = reason;
  return { date, works: false, name, source, ...remark };
}

/** A weekday that is off because the weekend day `works` is worked in its place: both entries. */
export function swapped(
  days: { readonly off: string; readonly works: string },
  source: string,
  remark: Remark = {},
): readonly CalendarEntry[] {
  return [
    { date: days.off, works: false, name: `day off moved from ${days.works}`, source, ...remark },
    { date: days.works, works: true, name: `worked in place of ${days.off}`, source, ...remark },
  ];
}
