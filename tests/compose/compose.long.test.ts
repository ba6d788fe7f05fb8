import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePorts } from "@carehub/local/ports";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./installation.ts";
import { sendReferral } from "./send-referral.ts";

const run = promisify(execFile);
const project = `carehub-test-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "carehub-compose-"));
const buildLimitMs = 900_000;
const missing = missingTool();

// An engine without the base images needs a registry; where it has neither, the build says so.
function missingTool(): string | undefined {
  const answers = (args: string[]): boolean =>
    spawnSync("docker", args, { stdio: "ignore", timeout: 10_000 }).status === 0;
  if (!answers(["version"])) return "there is no container engine that answers";
  return answers(["compose", "version"]) ? undefined : "there is no docker compose";
}

async function compose(...args: string[]): Promise<string> {
  const [port] = await ports;
  const { stdout } = await run("docker", ["compose", "--project-name", project, ...args], {
    cwd: root,
    env: { ...process.env, CAREHUB_PORT: `${port}` },
    maxBuffer: 16 * 1024 * 1024,
  });
  return stdout;
}

const ports = freePorts(1);

beforeAll(async () => {
  if (missing !== undefined) return;
  await compose("up", "--detach", "--build", "--wait");
  await compose("cp", "secrets:/volumes/authority", join(folder, "certificates"));
}, buildLimitMs);

afterAll(async () => {
  if (missing === undefined) await compose("--profile", "telemetry", "down", "--volumes");
  rmSync(folder, { recursive: true });
}, 120_000);

test(`carries a referral through the front door${missing ? ` (skipped: ${missing})` : ""}`, async (context) => {
  if (missing !== undefined) context.skip(missing);
  const { timeline } = await sendReferral(join(folder, "certificates"));
  const events = timeline.map(({ event }) => event?.event.case);
  expect(events).toEqual([
    "referralSubmitted",
    "entitlementRequested",
    "entitlementGranted",
    "referralAccepted",
    "courseRequested",
    "courseHeld",
    "entitlementConfirmRequested",
    "entitlementConfirmed",
    "estimateRequested",
    "estimateIssued",
  ]);
});

test("runs as nobody in particular, with no secret in what an inspection shows", async (context) => {
  if (missing !== undefined) context.skip(missing);
  expect((await compose("exec", "-T", "intake", "id", "-un")).trim()).toBe("node");
  const id = (await compose("ps", "--quiet", "intake")).trim();
  const { stdout } = await run("docker", ["inspect", "--format", "{{json .Config.Env}}", id]);
  expect(stdout).not.toMatch(/DATABASE_URL|IDENTITY_KEY|BLIND_INDEX_KEY/);
});
