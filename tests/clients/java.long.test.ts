import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { cacheFolder } from "@carehub/local/cache-folder";
import { command } from "@carehub/partners/partner";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectNumberTaken, openMsMax, openScene, type Scene } from "./scene.ts";
import type { Start, Workshop } from "./workshop.ts";

const javaVersionMin = 17;
/** For a Java that compiles once and ends. */
const shortLived = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";
const missing = missingHere();
let scene: Scene | undefined;

beforeAll(async () => {
  if (missing === undefined) scene = await openScene("java", build);
}, openMsMax);

afterAll(() => scene?.close());

test("a Java client made from the bundle alone refers a patient and hears that the hub returns it", async ({
  skip,
}) => {
  if (scene === undefined) return skip(missing);
  const client = scene.launch("UZ-2026-JAVA-1");
  const name = await client.hears(/^referral (referrals\/[0-9a-f-]{36})$/m);
  const answer = { reason: "INCOMPLETE", note: "The echocardiography is missing." };
  await scene.hub.referrals.returnReferral({ name, ...answer, ...command("clinician") });
  expect(await client.exitCode, client.errors()).toBe(0);
  expect(client.output()).toMatch(/^heard REFERRAL_SUBMITTED of ministry\/UZ$/m);
  expect(client.output()).toMatch(/^heard REFERRAL_RETURNED of hub\/umc-heart$/m);
  expect(client.output()).toMatch(
    /^answer REFERRAL_RETURNED INCOMPLETE\ntrace [0-9a-f]{32}\ncursor \d+$/m,
  );
});

test("a Java client that uses a placer number twice prints the reason, what has it and the trace", async ({
  skip,
}) => {
  if (scene === undefined) return skip(missing);
  await expectNumberTaken(scene);
});

async function build({ folder, run }: Workshop): Promise<Start> {
  const places = [
    `-Dbundle=${join(folder, "carehub-client")}`,
    `-Dmaven.repo.local=${join(cacheFolder(), "client-java")}`,
  ];
  await run("mvn", ["-B", "-q", "-ntp", ...places, "compile"], { MAVEN_OPTS: shortLived });
  return { program: "java", args: ["-cp", "target/classes:target/lib/*", "Ministry"], env: {} };
}

function missingHere(): string | undefined {
  const javac = Number(/javac (\d+)/.exec(versionOf("javac"))?.[1] ?? 0);
  if (javac >= javaVersionMin && versionOf("mvn").includes("Maven")) return undefined;
  return `This machine lacks a JDK ${javaVersionMin} or newer or Maven (Debian and Ubuntu: apt-get
    install openjdk-17-jdk-headless maven; macOS: brew install openjdk maven).`;
}

function versionOf(program: string): string {
  return spawnSync(program, ["-version"], { encoding: "utf8", timeout: 20_000 }).stdout ?? "";
}
