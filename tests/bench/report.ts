import type { Series } from "./instruments/alternate.ts";
import type { Conditions } from "./instruments/conditions.ts";
import type { Finding } from "./workloads/workload.ts";

/** All findings of one run, with the command that made them. */
export type Report = {
  readonly command: string;
  readonly seconds: number;
  /** True when the runs were shorter than usual: for orientation only. */
  readonly isShortened: boolean;
  readonly conditions: Conditions;
  readonly findings: readonly Finding[];
};

/** How a finding stands to its targets. */
export type Verdict = "refused" | "below the floor" | "floor" | "target" | "stretch";

/** Judges a finding. */
export function verdictOf({ comparison, targets }: Finding): Verdict {
  if (comparison.refusals.length > 0) return "refused";
  if (comparison.ratio < targets.floor) return "below the floor";
  if (comparison.ratio < targets.target) return "floor";
  const { stretch = Number.POSITIVE_INFINITY } = targets;
  return comparison.ratio < stretch ? "target" : "stretch";
}

/** 2 when a result was refused, 1 when a floor was missed, else 0. */
export function exitCodeOf({ findings }: Report): number {
  const verdicts = findings.map(verdictOf);
  if (verdicts.includes("refused")) return 2;
  return verdicts.includes("below the floor") ? 1 : 0;
}

/** The report in Markdown, which people can read as it is. */
export function toMarkdown(report: Report): string {
  const { conditions, command, seconds, isShortened } = report;
  const versions = Object.entries(conditions.versions).map(([name, each]) => `${name} ${each}`);
  const lines = [
    `\`${command}\`, ${conditions.date}, commit ${conditions.commit}`,
    "",
    `- ${conditions.machine}; load average at the end ${conditions.loadAverage.toFixed(1)}`,
    `- ${versions.join(", ")}`,
    `- each run ${seconds} s${isShortened ? " — **shortened, for orientation only**" : ""}`,
    ...report.findings.flatMap((finding) => ["", ...describe(finding)]),
  ];
  return `${lines.join("\n")}\n`;
}

function describe(finding: Finding): string[] {
  const { id, name, comparison, targets, unit, references, openLoop } = finding;
  const { floor, target, stretch } = targets;
  const ratio = comparison.ratio.toFixed(2);
  const refused =
    comparison.refusals.length === 0 ? "" : ` Refused: ${comparison.refusals.join("; ")}.`;
  return [
    `### ${id} ${name}: ${ratio} of ${comparison.limit} — ${verdictOf(finding)}`,
    "",
    `Floor ${floor}, target ${target}, stretch ${stretch ?? "—"}. Guide: ${finding.guide}. ` +
      `By CPU spent, ${comparison.cpuRatio.toFixed(2)}.${refused}`,
    "",
    `| | ${unit}, median | runs | CPU µs each | foreign load | waited for a core | disk | steal |`,
    "|---|--:|---|---|--:|--:|--:|--:|",
    row(`**${comparison.ours.name}**`, comparison.ours),
    ...comparison.baselines.map((series) => row(series.name, series)),
    ...references.map((series) => row(`${series.name} (reference)`, series)),
    ...latencies(openLoop),
    "",
    ...finding.notes.map((note) => `- ${note}`),
  ];
}

function row(name: string, series: Series): string {
  const cpu = Object.entries(series.cpuSecondsEach).map(
    ([part, each]) => `${part} ${(each * 1e6).toFixed(0)}`,
  );
  const runs = series.perSecond.map((each) => whole(each)).join(", ");
  const { foreignShare, queuedShare, diskWaitShare, stealShare } = series;
  const shares = [foreignShare, queuedShare, diskWaitShare, stealShare].map(percent);
  const cells = [name, whole(series.median), runs, cpu.join(", "), ...shares];
  return `| ${cells.join(" | ")} |`;
}

function latencies(openLoop: Finding["openLoop"]): string[] {
  if (openLoop.length === 0) return [];
  const rows = openLoop.map(({ name, perSecond, latency }) => {
    const times = [latency.p50Ms, latency.p90Ms, latency.p99Ms, latency.p999Ms, latency.maxMs];
    const cells = times.map((ms) => ms.toFixed(2)).join(" | ");
    return `| ${name} | ${whole(perSecond)} | ${whole(latency.count)} | ${cells} |`;
  });
  const head = "| open loop, ms | per second | count | p50 | p90 | p99 | p99.9 | max |";
  return ["", head, "|---|--:|--:|--:|--:|--:|--:|--:|", ...rows];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
