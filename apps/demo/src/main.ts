import { parseArgs } from "node:util";
import { runDemo } from "./demo.ts";
import { describeProgress, writeReport } from "./report.ts";

const help = `npm run demo [-- options]

Starts PostgreSQL, Kafka and the four services on this machine, publishes the example agreements and
hubs, sends the example referrals through the whole way by gRPC, shows what became of each, and stops.

  --json        one JSON document on standard output: cases, totals, seconds; progress stays on standard error
  --only ID     only the cases whose id begins so, for example --only 01
  --help        this text

Exit code 0 only when every case ended as its file in examples/referrals says; otherwise the
services' logs are kept, and the last lines say where.`;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  console.log(help);
} else {
  const progress = describeProgress((line) => process.stderr.write(`${line}\n`));
  const demo = await runDemo({ only: values.only, progress });
  console.log(values.json ? toJson(demo) : writeReport(demo));
  process.exitCode = demo.cases.every((outcome) => outcome.isAsExpected) ? 0 : 1;
}

/** Amounts are written as decimal strings of minor units: JSON's numbers are not exact. */
function toJson(document: unknown): string {
  const exact = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  return JSON.stringify(document, exact, 2);
}
