import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { help } from "./help.ts";
import { writeHtml } from "./report-html.ts";
import { writeText } from "./report-text.ts";
import { astanaYear } from "./scenario.ts";
import { type Report, simulate } from "./simulate.ts";

const patientsMax = 2_000;

process.exitCode = main();

function main(): number {
  const asked = readArguments();
  if (typeof asked === "string") {
    console.error(asked);
    return 2;
  }
  if (asked.help) {
    console.log(help);
    return 0;
  }
  const { seed, patients, checkEvery, out, json } = asked;
  const startedAt = performance.now();
  const report = simulate({ scenario: astanaYear, seed, patients, checkEvery }, (line) =>
    console.error(line),
  );
  if (out !== undefined) writeFileSync(out, writeHtml(report));
  console.log(json ? JSON.stringify(report, undefined, 2) : writeText(report));
  console.error(`took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return isProved(report) ? 0 : 1;
}

function isProved({ ours, rejected }: Report): boolean {
  const proof = ours.groups.flatMap(({ figures }) => figures);
  const double = proof.find(({ label }) => label.startsWith("double bookings"));
  return rejected.length === 0 && double?.value === 0;
}

function readArguments() {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean", default: false } as const;
    const { values } = parseArgs({
      options: {
        ...{ seed: text, patients: text, "check-every": text, out: text },
        ...{ json: flag, help: flag },
      },
    });
    const { help: isHelp, json, out } = values;
    const numbers = {
      seed: Number(values.seed ?? 1),
      patients: Number(values.patients ?? astanaYear.patients),
      checkEvery: Number(values["check-every"] ?? 1),
    };
    const isWhole = Object.values(numbers).every(
      (value) => Number.isSafeInteger(value) && value > 0,
    );
    if (!isWhole || numbers.patients > patientsMax) {
      return `--seed, --patients (at most ${patientsMax}) and --check-every are whole numbers above 0. See --help`;
    }
    return { ...numbers, out, json, help: isHelp };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    return `${cause.message}. See --help`;
  }
}
