import type { Instance } from "@carehub/local/state";
import type { Comparison, Series } from "../instruments/alternate.ts";
import type { LatencySummary } from "../instruments/latency.ts";

/** How long to run, and where to. */
export type Setting = {
  readonly instance: Instance;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** The ids of the workloads to run; empty for all of the suite. */
  readonly only: readonly string[];
  /** Where our own processes leave their CPU profiles, if they shall. */
  readonly profileFolder: string | undefined;
  /** Tells people how it goes. */
  readonly say: (line: string) => void;
};

/** The ratios that a workload is judged by; see docs/benchmarks.md. */
export type Targets = {
  readonly floor: number;
  readonly target: number;
  /** Absent where nobody set one. */
  readonly stretch?: number;
};

/** Latencies at a fixed rate of arrivals, of ours or of a baseline. */
export type OpenLoop = {
  readonly name: string;
  readonly perSecond: number;
  readonly latency: LatencySummary;
};

/** What one workload found. */
export type Finding = {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly targets: Targets;
  readonly comparison: Comparison;
  /** Measured beside it for orientation; they decide nothing. */
  readonly references: readonly Series[];
  readonly openLoop: readonly OpenLoop[];
  /** The guide in absolute terms, for a machine with two cores. */
  readonly guide: string;
  /** How it was done, in sentences. */
  readonly notes: readonly string[];
};
