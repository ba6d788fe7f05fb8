/** Days from the first to the last, both included; without a last one it does not end. */
export type DateInterval = {
  readonly first: Temporal.PlainDate;
  readonly last: Temporal.PlainDate | undefined;
};

/** Whether the day lies inside. */
export function containsDate({ first, last }: DateInterval, day: Temporal.PlainDate): boolean {
  if (Temporal.PlainDate.compare(day, first) < 0) return false;
  return last === undefined || Temporal.PlainDate.compare(day, last) <= 0;
}

/** Whether the two have a day in common. */
export function overlaps(left: DateInterval, right: DateInterval): boolean {
  return containsDate(left, right.first) || containsDate(right, left.first);
}

/** Whether the interval ends before it begins. */
export function isEmptyInterval({ first, last }: DateInterval): boolean {
  return last !== undefined && Temporal.PlainDate.compare(last, first) < 0;
}

/** A civil date as it travels: year, month and day as numbers. */
export type CivilDate = { readonly year: number; readonly month: number; readonly day: number };

/** The parts of a date, for the wire. */
export function toCivilDate({ year, month, day }: Temporal.PlainDate): CivilDate {
  return { year, month, day };
}

const yearMin = 1900;
const yearMax = 2199;

/**
 * The date of these parts; undefined when there is no such day, or no agreement or case could have
 * it.
 */
export function fromCivilDate({ year, month, day }: CivilDate): Temporal.PlainDate | undefined {
  if (year < yearMin || year > yearMax) return undefined;
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: "reject" });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
