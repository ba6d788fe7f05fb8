import { type AgreementText, type Quota, type QuotaPeriod, quotaName } from "./agreement.ts";
import { generalPart } from "./grant.ts";
import { refusal } from "./reasons.ts";

/** The counters of one part of a quota in one period. */
export type PartCount = {
  readonly part: string;
  readonly granted: number;
  readonly available: number;
  /** How many cases wait that could use a seat of this part. */
  readonly waiting: number;
};

/**
 * The part that gives the seat, in the case's own order; nobody is overtaken who waits for the same
 * part.
 */
export function choosePart(
  counts: readonly PartCount[],
  parts: readonly string[],
): string | undefined {
  return parts.find((part) => {
    const count = counts.find((one) => one.part === part);
    return count !== undefined && count.available > 0 && count.waiting === 0;
  });
}

/** The part that gives a freed seat to the first who waits. */
export function choosePartOffered(
  counts: readonly PartCount[],
  parts: readonly string[],
): string | undefined {
  return choosePart(
    counts.map((count) => ({ ...count, waiting: 0 })),
    parts,
  );
}

/** A part of a quota as an agreement grants it. */
export type GrantedPart = {
  readonly quota: string;
  readonly period: string;
  readonly days: QuotaPeriod["days"];
  readonly part: string;
  readonly seats: number;
};

/**
 * Every part of every quota of a text; the general part is what is not set aside. In the order in
 * which rows are locked.
 */
export function grantedParts(text: AgreementText): GrantedPart[] {
  return text.quotas
    .flatMap((quota) => quota.periods.flatMap((period) => partsOf(text, quota, period)))
    .toSorted((left, right) => compareText(lockOrder(left), lockOrder(right)));
}

/** The parts that there are in a text's periods but no longer in the text: they keep no seats. */
export function droppedParts(
  granted: readonly GrantedPart[],
  existing: readonly (PartCount & { readonly quota: string; readonly period: string })[],
): GrantedPart[] {
  return existing.flatMap(({ quota, period, part }) => {
    const ofPeriod = granted.filter((one) => one.quota === quota && one.period === period);
    const [first] = ofPeriod;
    if (first === undefined || ofPeriod.some((one) => one.part === part)) return [];
    return [{ ...first, part, seats: 0 }];
  });
}

/**
 * How many seats to grant (above 0) or withdraw; withdrawing more than are free fails with
 * SEATS_IN_USE.
 */
export function seatDifference(
  { quota, period, part, seats }: GrantedPart,
  now: PartCount,
): number {
  const difference = seats - now.granted;
  if (now.available + difference < 0) {
    const free = String(now.available);
    throw refusal("SEATS_IN_USE", {
      quota,
      period,
      part,
      free,
      withdrawn: String(-difference),
    });
  }
  return difference;
}

function partsOf(text: AgreementText, quota: Quota, period: QuotaPeriod): GrantedPart[] {
  const own = { quota: quotaName(text, quota.id), period: period.id, days: period.days };
  const aside = period.setAsides.reduce((total, { seatCount }) => total + seatCount, 0);
  return [
    { ...own, part: generalPart, seats: period.seatCount - aside },
    ...period.setAsides.map(({ id, seatCount }) => ({ ...own, part: id, seats: seatCount })),
  ];
}

function lockOrder({ quota, period, part }: GrantedPart): string {
  return `${quota} ${period} ${part}`;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
