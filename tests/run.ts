/**
 * Runs the suite, but for its long part, and closes with `N passed, N failed`. Arguments go to vitest, so that
 * `node tests/run.ts services/intake` runs a part of it and `--project=long` the long one. Exit code 0 only when all
 * passed.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
};

if (process.argv.includes("--help")) {
  console.log(
    "npm test: runs every check and test but the long ones, which npm run test:long runs. node tests/run.ts [vitest arguments]: tests alone.",
  );
  process.exit(0);
}

const root = join(import.meta.dirname, "..");
const folder = await mkdtemp(join(tmpdir(), "carehub-report-"));
const reportFile = join(folder, "report.json");
const wanted = process.argv.slice(2);
const projects = wanted.some((argument) => argument.startsWith("--project"))
  ? []
  : ["--project=!long"];
const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${reportFile}`];
const child = spawn(
  process.execPath,
  [
    "--disable-warning=TimeoutNegativeWarning",
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    ...reporters,
    ...projects,
    ...wanted,
  ],
  { cwd: root, stdio: "inherit" },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((resolve) =>
  child.on("close", (exit) => resolve(exit ?? 1)),
);
const report = await readReport();
await rm(folder, { recursive: true, force: true });

const failed = report.numFailedTests + (report.numFailedTests === 0 && code !== 0 ? 1 : 0);
console.log(`${report.numPassedTests} passed, ${failed} failed`);
process.exit(code === 0 && report.success && report.numPassedTests > 0 ? 0 : 1);

/** The counts; a run that wrote none has failed. */
async function readReport(): Promise<Report> {
  try {
    return JSON.parse(await readFile(reportFile, "utf8"));
  } catch (cause) {
    console.error("the test runner left no report:", cause);
    return { numPassedTests: 0, numFailedTests: 1, success: false };
  }
}
