import { assert } from "@carehub/rules/fault";

/**
 * How a fraction of a minor unit is settled; a term of the agreement. UP and DOWN are away from and
 * towards zero; CEILING and FLOOR towards plus and minus infinity; the HALF modes go to the nearest
 * and differ only in a tie: away from zero, towards zero, to the even neighbour.
 */
export const roundingModes = [
  "HALF_UP",
  "HALF_DOWN",
  "HALF_EVEN",
  "UP",
  "DOWN",
  "CEILING",
  "FLOOR",
] as const;

/** The name of one of the modes. */
export type RoundingMode = (typeof roundingModes)[number];

/** An exact fraction in lowest terms; the denominator is positive. */
export type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

/** A rounded quotient and what rounding took away: exactly quotient + remainder. */
export type RoundedQuotient = { readonly quotient: bigint; readonly remainder: Fraction };

/** Divides and rounds by that mode; dividing by zero is a bug. */
export function divideRounded(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  assert(denominator !== 0n, "an amount is not divided by zero");
  const isNegative = numerator < 0n !== denominator < 0n;
  const dividend = magnitude(numerator);
  const divisor = magnitude(denominator);
  const towardsZero = dividend / divisor;
  const rest = dividend % divisor;
  const isAway = rest !== 0n && roundsAway(mode, { isNegative, towardsZero, rest, divisor });
  const rounded = isAway ? towardsZero + 1n : towardsZero;
  return isNegative ? -rounded : rounded;
}

/**
 * Divides and rounds like `divideRounded`, and tells the exact difference, for the rounding line.
 */
export function divideWithRemainder(
  numerator: bigint,
  denominator: bigint,
  mode: RoundingMode,
): RoundedQuotient {
  const quotient = divideRounded(numerator, denominator, mode);
  return { quotient, remainder: reduce(numerator - quotient * denominator, denominator) };
}

type Position = {
  readonly isNegative: boolean;
  readonly towardsZero: bigint;
  readonly rest: bigint;
  readonly divisor: bigint;
};

function roundsAway(mode: RoundingMode, position: Position): boolean {
  const { isNegative, towardsZero, rest, divisor } = position;
  switch (mode) {
    case "UP":
      return true;
    case "DOWN":
      return false;
    case "CEILING":
      return !isNegative;
    case "FLOOR":
      return isNegative;
    case "HALF_UP":
      return rest * 2n >= divisor;
    case "HALF_DOWN":
      return rest * 2n > divisor;
    case "HALF_EVEN":
      return rest * 2n > divisor || (rest * 2n === divisor && towardsZero % 2n === 1n);
    default:
      throw mode satisfies never;
  }
}

function reduce(numerator: bigint, denominator: bigint): Fraction {
  let [divisor, rest] = [magnitude(denominator), magnitude(numerator)];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  const signed = denominator < 0n ? -divisor : divisor;
  return { numerator: numerator / signed, denominator: denominator / signed };
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
