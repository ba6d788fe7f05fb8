import { defineConfig } from "vitest/config";

const everywhere = "{packages,services,apps,tests}/**";
const special = ["int", "kafka", "property", "long"].map(
  (kind) => `${everywhere}/*.${kind}.test.ts`,
);
const long = [`${everywhere}/*.long.test.ts`];
const never = ["**/node_modules/**", "**/generated/**"];
const setup = { globalSetup: ["tests/setup/global.ts"], setupFiles: ["tests/setup/worker.ts"] };

// Projects by what a test needs; a project's set-up runs only when one of its files does.
export default defineConfig({
  test: {
    maxWorkers: 2,
    // Of kafkajs, on every connection; of the WASM in the migration engine.
    execArgv: ["TimeoutNegativeWarning", "ExperimentalWarning"].map(
      (kind) => `--disable-warning=${kind}`,
    ),
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: "unit",
          include: [`${everywhere}/*.test.ts`],
          exclude: [...never, ...special, "tests/{journeys,security,invariants,faults,bench}/**"],
          testTimeout: 5_000,
        },
      },
      {
        test: {
          name: "property",
          include: [`${everywhere}/*.property.test.ts`],
          exclude: never,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "int",
          include: [`${everywhere}/*.int.test.ts`],
          exclude: never,
          ...setup,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "kafka",
          include: [`${everywhere}/*.kafka.test.ts`],
          exclude: never,
          ...setup,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        // Each story starts a platform of its own: one at a time, after everything else.
        test: {
          name: "journey",
          include: ["tests/{journeys,security,invariants,faults}/**/*.test.ts"],
          exclude: [...never, ...long],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        // What would make `npm test` longer than ten minutes; `npm run test:long` runs it.
        test: {
          name: "long",
          include: long,
          exclude: never,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
