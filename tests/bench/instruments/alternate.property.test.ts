import fc from "fast-check";
import { expect, test } from "vitest";
import { alternate, driftMax, foreignShareMax, type Run } from "./alternate.ts";

const quiet = { stealShare: 0, diskWaitShare: 0, foreignShare: 0, queuedShare: 0 };
const cost = { seconds: 1, cpuSeconds: {}, ...quiet };
const rate = fc.integer({ min: 1, max: 1_000_000 });
const settings = { seed: 20_261_122 };

function contender(name: string, rates: number[], order: string[] = [], foreignShare = 0) {
  const run = async (): Promise<Run> => {
    order.push(name);
    return { operations: rates.shift() ?? 0, cost: { ...cost, foreignShare } };
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
    expect(found.refusals.length).toBe(found.drift > driftMax ? 1 : 0);
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

test("a result is refused when other work took too much of the machine", async () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const property = fc.asyncProperty(share, share, async (during, beside) => {
    const baseline = contender("A", [1, 1, 1], [], during);
    const ours = contender("B", [1, 1], [], beside);
    const found = await alternate([baseline], ours, () => undefined);
    expect(found.refusals.length > 0).toBe(Math.max(during, beside) > foreignShareMax);
  });
  await fc.assert(property, settings);
});
