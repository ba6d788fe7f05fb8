import type { Cost } from "./meter.ts";

/** One run of something: how much it did, and at what cost. */
export type Run = { readonly operations: number; readonly cost: Cost };

/** Something that runs for a while when it is asked to. */
export type Contender = { readonly name: string; readonly run: () => Promise<Run> };

/** A contender's runs in their order, and the middle one of their rates. */
export type Series = {
  readonly name: string;
  readonly perSecond: readonly number[];
  readonly median: number;
  /** CPU seconds of one operation, by part, over all runs. */
  readonly cpuSecondsEach: Readonly<Record<string, number>>;
  readonly stealShare: number;
  readonly diskWaitShare: number;
  readonly queuedShare: number;
  readonly foreignShare: number;
};

/** Ours beside the baselines; the lowest of these is the limit, and the ratio is to it. */
export type Comparison = {
  readonly baselines: readonly Series[];
  readonly ours: Series;
  readonly limit: string;
  readonly ratio: number;
  /** The same by all CPU that was spent on one operation, which foreign load disturbs less. */
  readonly cpuRatio: number;
  /** How much the limit's first and last run differ. */
  readonly drift: number;
  /** Why the result says nothing; none when it does. */
  readonly refusals: readonly string[];
};

/** Baselines that differ by more than this mean that the machine was busy with something else. */
export const driftMax = 0.25;

/**
 * The share of the machine that other work may take. With more, cores are dealt out by the number of
 * processes that want one: sixteen of PostgreSQL then get more than one of Node, and the ratio is
 * about that and nothing else.
 */
export const foreignShareMax = 0.25;

const rounds = 2;

/** Runs A B A B A, one after the other: the baselines, ours, the baselines, ours, the baselines. */
export async function alternate(
  baselines: readonly Contender[],
  ours: Contender,
  onRun: (name: string, run: Run) => void,
): Promise<Comparison> {
  const runs = new Map<string, Run[]>([...baselines, ours].map(({ name }) => [name, []]));
  const turn = async ({ name, run }: Contender) => {
    const done = await run();
    runs.get(name)?.push(done);
    onRun(name, done);
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const baseline of baselines) await turn(baseline);
    await turn(ours);
  }
  for (const baseline of baselines) await turn(baseline);
  const seriesOf = ({ name }: Contender) => toSeries(name, runs.get(name) ?? []);
  return compare(baselines.map(seriesOf), seriesOf(ours));
}

/** Judges the series of one result. */
export function compare(baselines: readonly Series[], ours: Series): Comparison {
  const [limit, ...others] = baselines.toSorted((one, other) => one.median - other.median);
  if (limit === undefined) throw new Error("there is nothing to compare with");
  const drift = driftOf(limit.perSecond);
  return {
    baselines: [limit, ...others],
    ours,
    limit: limit.name,
    ratio: ours.median / limit.median,
    cpuRatio: cpuOf(limit) / cpuOf(ours),
    drift,
    refusals: refusalsOf(drift, Math.max(limit.foreignShare, ours.foreignShare)),
  };
}

function refusalsOf(drift: number, foreignShare: number): string[] {
  const refusals: string[] = [];
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  if (!(drift <= driftMax)) refusals.push(`its first and last run differ by ${percent(drift)}`);
  if (!(foreignShare <= foreignShareMax)) {
    refusals.push(`other work took ${percent(foreignShare)} of the machine`);
  }
  return refusals;
}

function cpuOf({ cpuSecondsEach }: Series): number {
  return Object.values(cpuSecondsEach).reduce((sum, each) => sum + each, 0);
}

/** How far the last rate lies from the first, as a share of the lower one. */
export function driftOf(perSecond: readonly number[]): number {
  const first = perSecond[0] ?? 0;
  const last = perSecond.at(-1) ?? 0;
  return Math.abs(last - first) / Math.min(first, last);
}

/** The rates and costs of runs. */
export function toSeries(name: string, runs: readonly Run[]): Series {
  const perSecond = runs.map(({ operations, cost }) => operations / cost.seconds);
  const operations = runs.reduce((sum, run) => sum + run.operations, 0);
  const parts = new Set(runs.flatMap(({ cost }) => Object.keys(cost.cpuSeconds)));
  const used = (part: string) =>
    runs.reduce((sum, { cost }) => sum + (cost.cpuSeconds[part] ?? 0), 0);
  const mean = (pick: (cost: Cost) => number) =>
    runs.reduce((sum, { cost }) => sum + pick(cost), 0) / Math.max(1, runs.length);
  return {
    name,
    perSecond,
    median: medianOf(perSecond),
    cpuSecondsEach: Object.fromEntries([...parts].map((part) => [part, used(part) / operations])),
    stealShare: mean((cost) => cost.stealShare),
    diskWaitShare: mean((cost) => cost.diskWaitShare),
    queuedShare: mean((cost) => cost.queuedShare),
    foreignShare: mean((cost) => cost.foreignShare),
  };
}

/** The middle value, or the mean of the two middle ones. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? upper;
  return (lower + upper) / 2;
}
