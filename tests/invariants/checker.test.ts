import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serviceNames } from "@carehub/local/platform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FaultStage, setFaultStage } from "../faults/stage.ts";
import { oneOfEach } from "../faults/stories.ts";
import { breaks } from "./breaks.ts";
import { withBroken } from "./broken-copy.ts";
import { certificateBreaks } from "./certificate-breaks.ts";
import { checkPlatform, invariants, type Report } from "./check-platform.ts";
import type { Places } from "./evidence.ts";
import type { HistoryLine } from "./history.ts";
import { databaseNames } from "./invariant.ts";
import { logBreaks } from "./log-breaks.ts";
import { openTopic, type RawMessage } from "./topic-copy.ts";

let stage: FaultStage;
let places: Places;

beforeAll(async () => {
  stage = await setFaultStage("checker");
  await stage.play(oneOfEach(stage.examples));
  await stage.quiet();
  // What is broken below is broken behind the services' backs: they must not answer it.
  await Promise.all(serviceNames.map((name) => stage.platform.services[name].stop()));
  places = stage.places;
}, 600_000);

afterAll(() => stage?.close());

test("finds nothing after the example cases, and looked at something for every rule", async () => {
  const report = await checkPlatform(places);
  expect(violationsOf(report)).toEqual([]);
  expect(report.blind.map(({ rule }) => rule)).toEqual([]);
  expect(new Set(report.findings.map(({ invariant }) => invariant))).toEqual(
    new Set(invariants.map(({ id }) => id)),
  );
});

test.each([...breaks, ...certificateBreaks, ...logBreaks])(
  "$invariant: names $name",
  async (broken) => {
    const report = await withBroken(places, broken, checkPlatform);
    const { invariant, database, table, found } = broken;
    expect(violationsOf(report)).toContainEqual({
      ...{ invariant, database, table },
      row: expect.stringMatching(/\S/),
      found: expect.stringMatching(found),
    });
  },
);

const brokenTopics: readonly {
  invariant: string;
  name: string;
  change: (messages: readonly RawMessage[]) => readonly RawMessage[];
  place: { database: string; table: string };
  found: RegExp;
}[] = [
  {
    invariant: "I2",
    name: "a message that is gone",
    change: (messages) => messages.slice(0, -1),
    place: { database: "billing", table: "log.event" },
    found: /is not on carehub\.billing\.statements$/,
  },
  {
    invariant: "I2",
    name: "a message with other bytes",
    change: ([first, ...rest]) => (first ? [{ ...first, value: Buffer.from("x") }, ...rest] : []),
    place: { database: "kafka", table: "carehub.billing.statements" },
    found: /digest of the bytes is/,
  },
  {
    invariant: "I2",
    name: "a message that no service told",
    change: (messages) => [...messages, ...messages.slice(-1).map(foreign)],
    place: { database: "kafka", table: "carehub.billing.statements" },
    found: /no event has this id$/,
  },
  {
    invariant: "I2",
    name: "messages in another order",
    change: (messages) => messages.toReversed(),
    place: { database: "kafka", table: "carehub.billing.statements" },
    found: /^number \d+ comes after \d+$/,
  },
  {
    invariant: "I2",
    name: "a key in two partitions",
    change: ([first, ...rest]) =>
      first ? [{ ...first, partition: (first.partition + 1) % 8 }, ...rest] : [],
    place: { database: "kafka", table: "carehub.billing.statements" },
    found: /^key \S+ is in partition \d too$/,
  },
  {
    invariant: "I6",
    name: "a topic that begins with a second revision",
    change: (messages) => messages.toReversed(),
    place: { database: "kafka", table: "carehub.billing.statements" },
    found: /^statements\/.*: 2 follows 0$/,
  },
];

test.each(brokenTopics)("$invariant: names $name", async ({ invariant, change, place, found }) => {
  const topic = openTopic(places.brokers, "carehub.billing.statements");
  const messages = await topic.read();
  await topic.rewrite(change(messages));
  try {
    expect(violationsOf(await checkPlatform(places))).toContainEqual({
      ...{ invariant, ...place },
      row: expect.stringMatching(/\S/),
      found: expect.stringMatching(found),
    });
  } finally {
    await topic.rewrite(messages);
  }
  expect(violationsOf(await checkPlatform(places))).toEqual([]);
});

test("counts a message that stands twice, which is harmless", async () => {
  const topic = openTopic(places.brokers, "carehub.billing.statements");
  const messages = await topic.read();
  await topic.rewrite([...messages, ...messages]);
  try {
    const report = await checkPlatform(places);
    expect(report.duplicates).toBe(messages.length);
    expect(violationsOf(report)).toEqual([]);
  } finally {
    await topic.rewrite(messages);
  }
});

test.each<[string, Partial<HistoryLine>, RegExp]>([
  ["an ok of which nothing is kept", { requestId: "none", kind: "ok" }, /nothing is kept of it$/],
  ["a refused call that is kept", { kind: "refused" }, /was refused, and is kept as done$/],
  ["an answer that changed", { kind: "ok", response: "other" }, /^2 different answers/],
  ["a name that never was", { kind: "ok", name: "referrals/none" }, /nothing was ever told of it$/],
])("I5: names %s", async (what, change, found) => {
  const lines = readFileSync(places.history ?? "", "utf8")
    .trim()
    .split("\n");
  const ok = JSON.parse(lines.find((line) => line.includes('"ok"')) ?? "") as HistoryLine;
  const kept = what.includes("refused")
    ? lines.filter((line) => !line.includes(ok.requestId))
    : lines;
  const history = join(stage.platform.folder, "history-broken.jsonl");
  writeFileSync(history, `${[...kept, JSON.stringify({ ...ok, ...change })].join("\n")}\n`);
  expect(violationsOf(await checkPlatform({ ...places, history }))).toContainEqual({
    invariant: "I5",
    database: ok.service,
    table: expect.stringMatching(/log\.(request|event)|history/),
    row: expect.stringContaining(ok.caller),
    found: expect.stringMatching(found),
  });
});

test("the program says what it found, and its exit code says whether", async () => {
  const { history: _, ...noHistory } = places;
  const clean = await runProgram(noHistory, []);
  expect(clean.code).toBe(0);
  expect(clean.output).toContain("nothing is broken");
  expect(clean.output).toContain("I5  not checked");
  const balance = breaks.find(({ name }) => name.startsWith("a balance moved"));
  if (balance === undefined) throw new Error("no such break");
  const broken = await withBroken(places, balance, (wrong) => runProgram(wrong, ["--json"]));
  expect(broken.code).toBe(1);
  const report = JSON.parse(broken.output) as Report;
  expect(violationsOf(report)).toHaveLength(report.violationCount);
  expect(violationsOf(report)).toContainEqual(
    expect.objectContaining({ invariant: "I4", database: "billing", table: "ledger_account" }),
  );
  const unreachable = await runProgram({ ...places, brokers: ["127.0.0.1:1"] }, []);
  expect(unreachable.code).toBe(2);
  expect(unreachable.errors).toContain("127.0.0.1:1");
});

test("a rule that saw nothing is a failure, unless it is allowed", async () => {
  const history = join(stage.platform.folder, "history-empty.jsonl");
  writeFileSync(history, "");
  const blind = await runProgram({ ...places, history }, []);
  expect(blind.output).toContain("saw nothing");
  expect(blind.code).toBe(1);
  expect((await runProgram({ ...places, history }, ["--allow-empty"])).code).toBe(0);
});

function foreign(message: RawMessage): RawMessage {
  const headers = { ...message.headers, ce_id: "01900000-0000-7000-8000-000000000000" };
  return { ...message, headers };
}

function violationsOf({ findings }: Report) {
  return findings.flatMap(({ invariant, violations }) =>
    violations.map((violation) => ({ invariant, ...violation })),
  );
}

async function runProgram(where: Places, more: readonly string[]) {
  const databases = databaseNames.map(
    (name) => `--${name.replace("_", "-")}=${where.databases[name]}`,
  );
  const history = where.history === undefined ? [] : [`--history=${where.history}`];
  const program = join(import.meta.dirname, "main.ts");
  const args = [...databases, `--brokers=${where.brokers.join(",")}`, ...history, ...more];
  return new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout, errors: stderr }),
    );
  });
}
