import { build } from "hdr-histogram-js";

/** How long operations took, in milliseconds. */
export type LatencySummary = {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
};

/** Takes latencies of any number of operations into a histogram of three significant digits. */
export type Latency = {
  /** Adds one; from the time at which the operation was due, not the one at which it began. */
  readonly add: (ms: number) => void;
  readonly summary: () => LatencySummary;
};

const microsecondsMax = 600_000_000;

/** Makes an empty histogram, from a microsecond to ten minutes. */
export function makeLatency(): Latency {
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: microsecondsMax,
    numberOfSignificantValueDigits: 3,
  });
  const at = (percent: number) => histogram.getValueAtPercentile(percent) / 1_000;
  return {
    add: (ms) => {
      histogram.recordValue(Math.min(microsecondsMax, Math.max(1, Math.round(ms * 1_000))));
    },
    summary: () => ({
      count: histogram.totalCount,
      p50Ms: at(50),
      p90Ms: at(90),
      p99Ms: at(99),
      p999Ms: at(99.9),
      maxMs: histogram.totalCount === 0 ? 0 : histogram.maxValue / 1_000,
    }),
  };
}

/**
 * Milliseconds on a clock that all processes of this machine share and that nobody sets: a latency
 * may begin in one process and end in another.
 */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
