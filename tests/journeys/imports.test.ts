import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeConnection } from "@carehub/local/connection-file";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, setStage } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
const main = join(root, "apps/carehub/src/main.ts");
const examples = join(root, "examples/hubs");
let stage: Stage;
let connection = "";

beforeAll(async () => {
  stage = await setStage("imports");
  const { platform } = stage;
  const identity = "hub/umc-heart";
  const files = { addresses: platform.addresses, ...platform.certificates.files(identity) };
  connection = writeConnection(platform.folder, identity, files);
});

afterAll(() => stage?.close());

test("a hub publishes a part of its capacity from a table, and the rest stays as it was", async () => {
  const table = join(examples, "umc-heart-capacity.csv");
  const dry = await run("import-capacity", table, "--dry-run");
  expect(dry).toMatchObject({ exitCode: 0, errors: "" });
  const done = await run("import-capacity", table, "--hub", "umc-heart", "--json");
  expect(done).toMatchObject({ exitCode: 0, errors: "" });
  const { hub } = JSON.parse(done.output);
  expect(hub).toMatchObject({ name: "hubs/umc-heart", version: 2 });
  expect(hub.exceptionalOpenings).toHaveLength(1);
  expect(hub.templates.length).toBeGreaterThan(0);
});

test("publishes a whole document, and tells what the hub refuses by the lines of the file", async () => {
  const file = join(examples, "umc-heart.yaml");
  expect((await run("import-capacity", file)).output).toContain("version 3");
  const head = "row,id,kind,resources,days,date,last_date,start,end,capacity,reason";
  const closure = "closure,,OUTAGE,theatre-9,,2026-02-05,2026-02-04,,,,flood";
  const bad = await inFile("bad.csv", head, closure);
  const refused = await run("import-capacity", bad, "--hub", "umc-heart");
  expect(refused.exitCode).toBe(1);
  expect(refused.errors).toContain("refused: HUB_DOCUMENT_INVALID");
  expect(refused.errors).toContain("line 2, resources: is no resource");
  expect(refused.errors).toContain("line 2, last_date: lies before the beginning");
  const unread = await inFile("unread.csv", head, closure.replace("OUTAGE", "STORM"));
  const wrong = await run("import-capacity", unread, "--dry-run", "--json");
  expect(wrong.exitCode).toBe(2);
  expect(JSON.parse(wrong.output).error.problems).toMatchObject([{ line: 2, field: "kind" }]);
});

test("imports what its own systems have booked, again without a change, and as a full picture", async () => {
  const table = join(examples, "umc-heart-bookings.csv");
  expect((await run("import-bookings", table)).output).toContain("imported 3, cancelled 0");
  expect((await run("import-bookings", table, "--hub", "hubs/umc-heart")).output).toContain(
    "imported 0, cancelled 0, unchanged 3, refused 0, conflicts 0",
  );
  const head = "source_id,source,resource,start,end,status";
  const time = "2026-02-03T10:00+05:00,2026-02-03T11:00+05:00,booked";
  const next = await inFile(
    "next.csv",
    head,
    `T-1,theatre,theatre-9,${time}`,
    `T-2,theatre,theatre-2,${time}`,
  );
  const range = ["--replace-source", "theatre", "--replace-from", "2026-02-01"];
  const partly = await run("import-bookings", next, ...range, "--replace-to", "2026-02-28");
  expect(partly).toMatchObject({ exitCode: 1, errors: "" });
  expect(partly.output).toContain("imported 1, cancelled 1, unchanged 0, refused 1");
  expect(partly.output).toContain("next.csv: line 2, resource: PLACE_UNKNOWN (T-1)");
});

async function inFile(name: string, ...lines: string[]): Promise<string> {
  const path = join(stage.platform.folder, name);
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}

function run(...words: string[]) {
  const env = { ...process.env, CAREHUB_CONNECTION: connection };
  const child = spawn(process.execPath, [main, ...words], { env });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise<{ exitCode: number | null; output: string; errors: string }>((resolve) =>
    child.on("close", (exitCode) => resolve({ exitCode, output, errors })),
  );
}
