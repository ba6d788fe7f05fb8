import fc from "fast-check";
import { expect, test } from "vitest";
import { alternate, driftMax, type Run } from "./alternate.ts";

const cost = { seconds: 1, cpuSeconds: {}, stealShare: 0, foreignShare: 0 };
const rate = fc.integer({ min: 1, max: 1_000_000 });
const settings = { seed: 20_261_122 };

function contender(name: string, rates: number[], order: string[] = []) {
  const run = async (): Promise<Run> => {
    order.push(name);
    return { operations: rates.shift() ?? 0, cost };
  };
  return { name, run };
}

test("a result is refused exactly when its outer baselines differ too much", async () => {
  const property = fc.asyncProperty(fc.tuple(rate, rate, rate), rate, async (rates, ours) => {
    const baseline = contender("A", [...rates]);
    const found = await alternate([baseline], contender("B", [ours, ours]), () => undefined);
    const [first, middle, last] = rates;
    const drift = Math.max(first, last) / Math.min(first, last) - 1;
    expect(found.drift).toBeCloseTo(drift, 6);
    expect(found.isRefused).toBe(found.drift > driftMax);
    const median = [first, middle, last].toSorted((one, other) => one - other)[1] ?? 0;
    expect(found.ratio).toBeCloseTo(ours / median, 6);
  });
  await fc.assert(property, settings);
});

test("the ratio is to the slowest baseline, and the turns are A B A B A", async () => {
  const property = fc.asyncProperty(rate, rate, rate, async (one, other, ours) => {
    const order: string[] = [];
    const baselines = [
      contender("A", [one, one, one], order),
      contender("a", [other, other, other], order),
    ];
    const found = await alternate(baselines, contender("B", [ours, ours], order), () => undefined);
    expect(order.join("")).toBe("AaBAaBAa");
    expect(found.ratio).toBeCloseTo(ours / Math.min(one, other), 6);
  });
  await fc.assert(property, settings);
});
