import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCollector } from "@carehub/local/collector";
import { type Platform, startPlatform } from "@carehub/local/platform";
import { openCompany } from "@carehub/partners/company";
import { type Examples, identitiesOf, loadExamples } from "@carehub/partners/examples";
import { type Outcome, readOutcomes } from "@carehub/partners/outcome";
import { publishExamples } from "@carehub/partners/publish";
import { rehearse } from "@carehub/partners/rehearsal";
import { readTotals, type Totals } from "@carehub/partners/totals";
import type { DemoProgress } from "./report.ts";

/** What the demo found, as `--json` writes it. */
export type Demo = {
  readonly cases: readonly Outcome[];
  readonly totals: Totals;
  readonly seconds: number;
  /** How many spans the platform sent to the demo's own receiver. */
  readonly spanCount: number;
};

export type DemoOptions = {
  /** Only the cases whose id begins so. */
  readonly only: string | undefined;
  readonly progress: DemoProgress;
};

const examplesFolder = join(import.meta.dirname, "../../../examples");
const creditor = "ministry/KZ";
const operator = "operator/registry";
const zone = "Asia/Almaty";
const period = {
  first: Temporal.PlainDate.from("2026-01-01"),
  last: Temporal.PlainDate.from("2026-12-31"),
};

/** Runs the whole demo; what it started is stopped when this settles, and on a signal. */
export async function runDemo({ only = "", progress }: DemoOptions): Promise<Demo> {
  const startedAt = performance.now();
  const all = await loadExamples(examplesFolder);
  const stories = all.stories.filter(({ id }) => id.startsWith(only));
  if (stories.length === 0) throw new Error(`no case in examples/referrals begins with ${only}`);
  const collector = await startCollector();
  const platform = await startPlatform({
    instance: "demo",
    identities: [...identitiesOf(all), operator],
    onProgress: progress.onStart,
    otlpEndpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? collector.endpoint,
    endsOnSignals: true,
  });
  try {
    const found = await play({ ...all, stories }, platform, progress);
    const isGood = found.cases.every(({ isAsExpected }) => isAsExpected);
    if (!isGood) progress.onNote(`logs kept in ${keepFolder(platform.folder)}`);
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    return { ...found, seconds, spanCount: collector.spans().length };
  } catch (error) {
    progress.onNote(`the run broke off; logs kept in ${keepFolder(platform.folder)}`);
    throw error;
  } finally {
    progress.onNote("stopping");
    await platform.stop();
    await collector.close();
  }
}

async function play(examples: Examples, platform: Platform, progress: DemoProgress) {
  const company = openCompany({
    addresses: platform.addresses,
    tlsOf: (identity) => platform.certificates.tls(identity),
  });
  const { partnerOf } = company;
  try {
    const hubNamed = (name: string) => partnerOf(name.replace("hubs/", "hub/"));
    const registry = partnerOf(operator);
    await publishExamples(examples, { registry, hubNamed }, (name) =>
      progress.onNote(`published ${name}`),
    );
    const performances = await rehearse({
      stories: examples.stories,
      partnerOf,
      operator: registry,
      creditor: partnerOf(creditor),
      zone,
      onEvent: progress.onEvent,
      onClock: progress.onClock,
    });
    const cases = await readOutcomes(performances, partnerOf);
    const hubs = examples.hubs.map(({ name }) => name);
    return { cases, totals: await readTotals(registry, hubs, period) };
  } finally {
    company.close();
  }
}

function keepFolder(folder: string): string {
  const kept = mkdtempSync(join(tmpdir(), "carehub-demo-logs-"));
  cpSync(folder, kept, { recursive: true, filter: (path) => !/postgres|kafka|\.key$/.test(path) });
  return kept;
}
