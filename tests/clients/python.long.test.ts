import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "@carehub/local/cache-folder";
import { command } from "@carehub/partners/partner";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectNumberTaken, openMsMax, openScene, type Scene } from "./scene.ts";
import type { Start, Workshop } from "./workshop.ts";

const missing = missingHere();
let scene: Scene | undefined;

beforeAll(async () => {
  if (missing === undefined) scene = await openScene("python", build);
}, openMsMax);

afterAll(() => scene?.close());

test("a Python client made from the bundle alone refers a patient and hears that the hub accepts", async ({
  skip,
}) => {
  if (scene === undefined) return skip(missing);
  const client = scene.launch("UZ-2026-PY-1");
  const name = await client.hears(/^referral (referrals\/[0-9a-f-]{36})$/m);
  const plan = {
    template: "hubs/umc-heart/templates/fallot-repair",
    readyDate: { year: 2026, month: 1, day: 19 },
    dueDate: { year: 2026, month: 2, day: 6 },
  };
  await scene.hub.referrals.acceptReferral({ name, plan, ...command("clinician") });
  expect(await client.exitCode, client.errors()).toBe(0);
  expect(client.output()).toMatch(/^heard referral_submitted of ministry\/UZ$/m);
  expect(client.output()).toMatch(/^heard referral_accepted of hub\/umc-heart$/m);
  expect(client.output()).toMatch(/^answer referral_accepted\ntrace [0-9a-f]{32}\ncursor \d+$/m);
});

test("a Python client that uses a placer number twice prints the reason, what has it and the trace", async ({
  skip,
}) => {
  if (scene === undefined) return skip(missing);
  await expectNumberTaken(scene);
});

async function build(workshop: Workshop): Promise<Start> {
  const { folder, run } = workshop;
  const python = join(await virtualEnvironment(workshop), "bin/python");
  const protos = join(folder, "carehub-client/proto");
  const files = readdirSync(protos, { recursive: true, encoding: "utf8" });
  const gen = join(folder, "gen");
  await mkdir(gen);
  const outputs = [`--python_out=${gen}`, `--grpc_python_out=${gen}`];
  const sources = files.filter((file) => file.endsWith(".proto"));
  await run(python, ["-m", "grpc_tools.protoc", "-I", protos, ...outputs, ...sources]);
  return { program: python, args: ["ministry.py"], env: { PYTHONPATH: gen } };
}

/** What the client requires, installed once per list and kept. */
async function virtualEnvironment({ folder, run }: Workshop): Promise<string> {
  const requirements = join(folder, "requirements.txt");
  const hash = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  const kept = join(cacheFolder(), `client-python-${hash.slice(0, 12)}`);
  if (existsSync(kept)) return kept;
  const draft = `${kept}.${process.pid}`;
  try {
    await run("python3", ["-m", "venv", draft]);
    await run(join(draft, "bin/python"), ["-m", "pip", "install", "-q", "-r", requirements]);
    // Whoever was first has put the same there.
    if (!existsSync(kept)) await rename(draft, kept);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return kept;
}

function missingHere(): string | undefined {
  const needs = "import ensurepip, sys; sys.exit(sys.version_info < (3, 10))";
  if (spawnSync("python3", ["-c", needs], { timeout: 10_000 }).status === 0) return undefined;
  return `This machine lacks Python 3.10 or newer with venv (Debian and Ubuntu: apt-get install
    python3 python3-venv; macOS: brew install python).`;
}
