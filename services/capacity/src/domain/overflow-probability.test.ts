import { expect, test } from "vitest";
import {
  exceeds,
  fullnessOf,
  overflowProbability,
  overflowWith,
  toPpm,
} from "./overflow-probability.ts";

const half = 500_000;

test("counts how often more patients are there than beds", () => {
  expect(overflowProbability([half, half, half], 3)).toBe(0);
  expect(overflowProbability([half, half, half], 2)).toBe(1 / 8);
  expect(overflowProbability([half, half, half], 1)).toBe(4 / 8);
  expect(overflowProbability([half, half, half], 0)).toBe(7 / 8);
  expect(overflowProbability([], 0)).toBe(0);
});

test("has room for as many certain patients as there are beds, and for none more", () => {
  expect(overflowProbability([1_000_000, 1_000_000], 2)).toBe(0);
  expect(overflowProbability([1_000_000, 1_000_000], 1)).toBe(1);
  expect(overflowProbability([1_000_000, 250_000], 1)).toBe(0.25);
});

test("overflows for certain where beds are missing before anybody comes", () => {
  expect(overflowProbability([], -1)).toBe(1);
});

test("adds one patient more without counting the others again", () => {
  const others = [100_000, 350_000, 900_000, 40_000];
  for (const beds of [-1, 0, 1, 2, 3, 4, 5]) {
    const withOne = overflowWith(fullnessOf(others, beds), 620_000);
    expect(withOne).toBeCloseTo(overflowProbability([...others, 620_000], beds), 14);
  }
});

test("stays exact for a thousand patients: both ends and the middle of a binomial distribution", () => {
  const many = Array.from({ length: 1_000 }, () => half);
  // Symmetric, so that exactly half of what is not the middle lies above it.
  const middle = fullnessOf(many, 500).full;
  expect(overflowProbability(many, 500)).toBeCloseTo((1 - middle) / 2, 12);
  expect(overflowProbability(many, 999) / 2 ** -1_000).toBeCloseTo(1, 12);
});

test("holds a bound that is just reached, whatever rounding makes of it", () => {
  const probability = overflowProbability([100_000, 200_000], 1);
  expect(probability * 1_000_000).toBeGreaterThan(20_000);
  expect(exceeds(probability, 20_000)).toBe(false);
  expect(exceeds(probability, 19_999)).toBe(true);
  expect(toPpm(probability)).toBe(20_000);
});

test("tells a probability rounded up, never as less than it is", () => {
  expect(toPpm(0)).toBe(0);
  expect(toPpm(0.000_000_2)).toBe(1);
  expect(toPpm(0.123_456_01)).toBe(123_457);
  expect(toPpm(1)).toBe(1_000_000);
});
