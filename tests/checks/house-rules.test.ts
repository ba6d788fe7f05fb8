import { expect, test } from "vitest";
import { dependencyProblems, problemsOf } from "./house-rules.ts";

test.each([
  ["a long file", "packages/rules/src/x.ts", "\n".repeat(301)],
  ["a skipped test", "packages/rules/src/x.test.ts", "test.skip('x', () => {});"],
  ["a silenced type error", "packages/rules/src/x.ts", "// @ts-ignore"],
  ["unfinished work", "packages/rules/src/x.ts", "// TODO later"],
  ["a barrel", "packages/rules/src/x.ts", 'export * from "./y.ts";'],
  ["grpc reaching into storage", "services/intake/src/grpc/x.ts", 'from "../storage/y.ts";'],
  ["storage reaching into grpc", "services/intake/src/storage/x.ts", 'from "../grpc/y.ts";'],
  ["events reaching into storage", "services/intake/src/events/x.ts", 'from "../storage/y.ts";'],
  ["the environment read in a room", "services/intake/src/app/x.ts", "process.env.X"],
  [
    "the verifier sharing the planner's code",
    "apps/verify-course/src/x.ts",
    'from "../../../services/capacity/src/domain/y.ts";',
  ],
  [
    "the verifier sharing a service's rules",
    "apps/verify-course/src/x.ts",
    'from "@carehub/rules/y";',
  ],
  [
    "an app that runs a service's rules",
    "apps/demo/src/x.ts",
    'from "@carehub/capacity/domain/planner";',
  ],
  [
    "the simulation reaching past the planner",
    "apps/simulate-hub/src/x.ts",
    'from "@carehub/capacity/app/place-course";',
  ],
  ["another service", "services/intake/src/app/x.ts", 'from "../../../billing/src/y.ts";'],
])("the house refuses %s", (_, file, text) => {
  expect(problemsOf(file, text)).toHaveLength(1);
});

test("the house accepts a plain file, and the environment in config.ts", () => {
  expect(problemsOf("services/intake/src/app/x.ts", 'import { y } from "../domain/y.ts";')).toEqual(
    [],
  );
  expect(problemsOf("services/intake/src/config.ts", "process.env")).toEqual([]);
  const planner = 'import { planCourse } from "@carehub/capacity/domain/planner";';
  expect(problemsOf("apps/simulate-hub/src/x.ts", planner)).toEqual([]);
});

test("the house refuses a second home of Kafka, gRPC or the database client", () => {
  const dependencies = { kafkajs: "catalog:", "@grpc/grpc-js": "catalog:", pg: "catalog:" };
  expect(dependencyProblems({ name: "@carehub/intake", dependencies })).toHaveLength(3);
  expect(
    dependencyProblems({ name: "@carehub/events", dependencies: { kafkajs: "catalog:" } }),
  ).toEqual([]);
});
