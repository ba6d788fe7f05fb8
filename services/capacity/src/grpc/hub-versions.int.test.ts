import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applyMigrations } from "@carehub/database/migrate";
import { openDatabase } from "@carehub/database/pool";
import { testDatabase } from "@carehub/testing/database";
import { checkCourse } from "@carehub/verify-course/check";
import { afterAll, expect, test } from "vitest";
import { answerTime, openTestCapacity } from "../capacity.builder.ts";
import { aHubDocument, aPlan, monday } from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import { parseHubName } from "../domain/names.ts";
import { migrationsFolder } from "../start-capacity.ts";
import { writeFacts } from "../storage/facts.ts";
import { toWirePlan } from "../wire/course-parts.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { refusalOf, serveCapacity } from "./capacity-server.builder.ts";

const capacity = await openTestCapacity();
const server = await serveCapacity(capacity, ["hub/kept-hub", "ministry/UZ"]);
afterAll(async () => {
  await server.close();
  await capacity.close();
});

const name = parseHubName("hubs/kept-hub", "name");
const document = aHubDocument({ name });
const { hubs, courses } = server.as("hub/kept-hub");
const ministry = server.as("ministry/UZ").hubs;
const command = () => ({ requestId: randomUUID(), actor: { reference: "e-1", role: "planner" } });

function publish(parts: Partial<HubDocument>, etag = "") {
  const times = { createdAt: document.validUntilAt, updatedAt: document.validUntilAt };
  const wire = toWireHub(
    { document: { ...document, ...parts }, version: 1, ...times },
    times.createdAt,
  );
  return hubs.publishHub({ hub: wire, etag, ...command() });
}

async function hold() {
  const phases = [{ phase: "main", sessionCount: 8 }];
  const plan = aPlan("", { phases, underAnaesthesia: true, dueDate: monday.add({ days: 20 }) });
  const wire = toWirePlan({ ...plan, template: `${name}/templates/proton` });
  const { course } = await courses.holdCourse({ plan: wire, answerTime, ...command() });
  return course?.name ?? "";
}

await publish({});
const first = await hold();
const newer = document.templates.map((template) => ({ ...template, version: 2 }));
await publish({ templates: newer });
const second = await hold();

test("keeps every version of a document, and shows each to whoever asks for it", async () => {
  await publish({ templates: newer, worksOnPublicHolidays: true });
  expect((await refusalOf(publish({}, 'W/"1"'))).reason).toBe("ETAG_MISMATCH");
  const read = async (version: number) => (await ministry.getHub({ name, version })).hub;
  const [present, oldest, middle, last] = await Promise.all([0, 1, 2, 3].map(read));
  expect([present, oldest, middle, last].map((hub) => hub?.version)).toEqual([3, 1, 2, 3]);
  expect(present).toEqual(last);
  expect(oldest?.templates[0]?.version).toBe(1);
  expect(middle).toMatchObject({ worksOnPublicHolidays: false, etag: 'W/"2"' });
  expect(oldest?.createTime).toEqual(last?.createTime);
  expect(Number(oldest?.updateTime?.seconds)).toBeLessThanOrEqual(
    Number(last?.updateTime?.seconds),
  );
  const refused = await refusalOf(ministry.getHub({ name, version: 4 }));
  expect(refused).toMatchObject({ code: "NOT_FOUND", reason: "HUB_VERSION_NOT_FOUND" });
  expect(refused.metadata).toMatchObject({ name, version: "4" });
  const nowhere = await refusalOf(ministry.getHub({ name: "hubs/nowhere", version: 1 }));
  expect(nowhere.reason).toBe("HUB_NOT_FOUND");
  expect((await refusalOf(ministry.getHub({ name, version: -1 }))).code).toBe("INVALID_ARGUMENT");
});

test("lets a certificate be checked against the version that it names, and against no other", async () => {
  const { course } = await courses.getCourse({ name: first });
  const check = async (version: number) => {
    const { hub } = await ministry.getHub({ name, version });
    if (hub === undefined) throw new Error("the hub has that version");
    const found = checkCourse(course?.certificateDocument ?? "", course?.certificate?.hash, hub);
    return found.map(({ rule }) => rule);
  };
  expect(await check(1)).toEqual([]);
  expect(await check(2)).toEqual(["VERSION", "TEMPLATE"]);
});

async function verify(...args: readonly string[]) {
  const program = fileURLToPath(
    new URL("src/main.ts", import.meta.resolve("@carehub/verify-course/package.json")),
  );
  return new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    const child = execFile(process.execPath, [program, ...args], (_, output, errors) =>
      resolve({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

test("the program accepts every course that a hub may see, and names what is wrong with a changed one", async () => {
  const connection = `--connection=${server.connectionFile("hub/kept-hub")}`;
  const all = await verify(connection, "--all");
  expect(all).toMatchObject({ code: 0, errors: "" });
  expect(all.output).toContain(`${first}: OK`);
  expect(all.output).toContain(`${second}: OK`);
  expect(all.output).toContain("2 to take place together: no violations");
  await capacity.db.run(
    "test-change-certificate",
    `update course set facts = jsonb_set(facts, '{hold,certificate,document}', to_jsonb(
       replace(facts #>> '{hold,certificate,document}', '"capacity_version":2', '"capacity_version":1')))
     where id = $1`,
    [second.slice("courses/".length)],
  );
  const changed = await verify(connection, "--course", second, "--json");
  expect(changed.code).toBe(1);
  const { courses: found } = JSON.parse(changed.output) as {
    courses: readonly { violations: readonly { rule: string }[] }[];
  };
  expect(found[0]?.violations.map(({ rule }) => rule)).toEqual(["HASH", "TEMPLATE"]);
});

test("the program says why it cannot check, with another exit code", async () => {
  const connection = `--connection=${server.connectionFile("ministry/UZ")}`;
  expect(await verify(connection, "--course", first)).toMatchObject({ code: 2, output: "" });
  expect(await verify(connection)).toMatchObject({ code: 2, output: "" });
  expect((await verify("--hub=none", "--certificate=none")).errors).toContain("cannot be read");
  expect((await verify("--help")).output).toContain("Exit code 0");
});

test("the migration keeps the versions that hubs have when it comes", async () => {
  const { url, drop } = await testDatabase({ migrations: "log" });
  const folder = mkdtempSync(join(tmpdir(), "carehub-migrations-"));
  const apply = (directory: string) => applyMigrations({ url, schema: "public", directory });
  for (const each of ["0001_init", "0002_waiting_list", "migration_lock.toml"]) {
    cpSync(join(migrationsFolder, each), join(folder, each), { recursive: true });
  }
  await apply(folder);
  const db = openDatabase({ url, applicationName: "capacity-test" });
  const published = "2026-01-05T04:00:00Z";
  await db.run(
    "test-hub",
    `insert into hub values ('hubs/old', 1, 7, $1::jsonb, '{}', '2027-01-01', '2025-12-01', $2)`,
    [writeFacts(document), published],
  );
  await apply(migrationsFolder);
  const kept = await db.run<{ published_at: Temporal.Instant }>(
    "test-kept",
    "select name, version, document, published_at from hub_version",
  );
  expect(kept).toMatchObject([{ name: "hubs/old", version: 7, document: { zone: "Asia/Almaty" } }]);
  expect(String(kept[0]?.published_at)).toBe(published);
  await db.close();
  await drop();
  rmSync(folder, { recursive: true });
});
