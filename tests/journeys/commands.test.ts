import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "@carehub/testing/wait";
import { afterEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const startMsMax = 90_000;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

test("the demo writes one JSON document: cases with their timelines, and totals", async () => {
  const demo = run("apps/demo/src/main.ts", ["--json", "--only", "03"]);
  expect(await demo.exitCode).toBe(0);
  const { cases, totals } = JSON.parse(demo.output());
  expect(cases).toHaveLength(1);
  const [only] = cases;
  expect(only).toMatchObject({
    id: "03-not-covered",
    isAsExpected: true,
    expected: { careState: "REFUSED", reason: "DIAGNOSIS_NOT_COVERED" },
    actual: { careState: "REFUSED", reason: "DIAGNOSIS_NOT_COVERED" },
  });
  expect(Object.keys(only.timeline[0])).toEqual(["event", "time", "actor", "reason", "traceId"]);
  expect(only.timeline.at(-1)).toMatchObject({ event: "caseClosed", actor: "service/intake" });
  expect(Object.keys(totals)).toEqual(["seats", "resources", "pools", "money"]);
});

test("the demo tells what it does not know, before it starts anything", async () => {
  const demo = run("apps/demo/src/main.ts", ["--only", "99"]);
  expect(await demo.exitCode).not.toBe(0);
  expect(demo.errors()).toContain("no case in examples/referrals begins with 99");
});

test("a demo that is interrupted stops everything that it started", async () => {
  const demo = run("apps/demo/src/main.ts", []);
  await until(() => demo.errors().includes("published hubs/"), {
    limitMs: startMsMax,
    what: "the demo to publish its hubs",
  });
  demo.interrupt();
  demo.interrupt();
  expect(await demo.exitCode).toBe(130);
  expect(await processesOf("instance demo")).toEqual([]);
});

test("the platform that stays up prints a call that works, and stops on Ctrl-C", async () => {
  const start = run("apps/start/src/main.ts", []);
  await until(() => start.output().includes("WhoAmI"), {
    limitMs: startMsMax,
    what: "npm start to print its call",
  });
  const call = start.output().match(/node_modules\/\.bin\/buf curl[\s\S]*?WhoAmI/)?.[0] ?? "";
  const { stdout } = await promisify(execFile)("sh", ["-c", call], { cwd: root });
  expect(JSON.parse(stdout)).toMatchObject({ caller: "ministry/UZ", service: "intake" });
  for (const word of ["intake", "capacity", "agreements", "billing", "certificates", "Kafka"]) {
    expect(start.output()).toContain(word);
  }
  start.interrupt();
  expect(await start.exitCode).toBe(130);
  expect(await processesOf("instance start")).toEqual([]);
});

function run(entry: string, args: readonly string[]) {
  const flags = ["--disable-warning=TimeoutNegativeWarning"];
  const child = spawn(process.execPath, [...flags, join(root, entry), ...args], { cwd: root });
  children.push(child);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return {
    output: () => output,
    errors: () => errors,
    interrupt: () => child.kill("SIGINT"),
    exitCode: new Promise<number | null>((resolve) => child.on("close", resolve)),
  };
}

/** The command lines of services, brokers and databases that still run for an instance of this checkout. */
async function processesOf(instance: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "args"]);
  const folder = instance.replace("instance ", "/");
  return stdout
    .split("\n")
    .filter((line) => line.includes("carehub-") && line.includes(`${folder}/`));
}
