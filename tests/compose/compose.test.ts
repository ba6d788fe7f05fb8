import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { haproxyFile } from "@carehub/local/front-door";
import { findHaproxy } from "@carehub/local/haproxy";
import { secretsFile } from "@carehub/local/installation-secrets";
import { serviceNames } from "@carehub/local/platform";
import { identitiesOf, loadExamples } from "@carehub/partners/examples";
import { afterAll, expect, test } from "vitest";
import { readCompose, readStages, root } from "./installation.ts";

const compose = readCompose();
const stages = readStages();
const steps = ["secrets", "databases"];
const longRunning = [...compose].filter(([name]) => !steps.includes(name));
const volumes = mkdtempSync(join(tmpdir(), "carehub-volumes-"));
afterAll(() => rmSync(volumes, { recursive: true }));

test("publishes ports on loopback only, and none but the front door's and the traces'", () => {
  const published = longRunning.flatMap(([name, { ports = [] }]) =>
    ports.map((port) => `${name} ${port}`),
  );
  expect(published).toEqual(["front-door 127.0.0.1:8443:8443", "telemetry 127.0.0.1:8318:8081"]);
});

test.each(longRunning)("looks after %s: health, restarts, limits", (_name, service) => {
  const own = service.healthcheck?.test;
  const image = stages.get(service.build?.target ?? "");
  expect(own !== undefined || image?.hasHealthcheck).toBe(true);
  expect(service.healthcheck?.disable ?? false).toBe(false);
  expect(service.restart).toBe("unless-stopped");
  expect(Object.keys(service.deploy?.resources.limits ?? {})).toEqual(["cpus", "memory", "pids"]);
});

test("starts each part when what it needs is there", () => {
  for (const [name, { depends_on: needs = {} }] of compose) {
    for (const [other, { condition }] of Object.entries(needs)) {
      const isStep = steps.includes(other);
      const expected = isStep ? "service_completed_successfully" : "service_healthy";
      expect(`${name} after ${other}: ${condition}`).toBe(`${name} after ${other}: ${expected}`);
      expect(compose.has(other)).toBe(true);
    }
  }
});

test("gives every service all that its configuration asks for, and secrets by files alone", async () => {
  prepareSecrets();
  for (const name of serviceNames) {
    const service = compose.get(name);
    const mounted = service?.volumes?.find((volume) => volume.endsWith(":/run/carehub:ro"));
    expect(mounted).toBe(`${name}-secrets:/run/carehub:ro`);
    const secrets = parseEnv(readFileSync(join(volumes, name, secretsFile), "utf8"));
    const env = { ...stages.get("service")?.env, ...service?.environment };
    for (const secret of Object.keys(secrets)) expect(env).not.toHaveProperty(secret);
    for (const variable of ["TLS_CA", "TLS_CERT", "TLS_KEY"]) {
      const file = env[variable]?.replace("/run/carehub", join(volumes, name)) ?? "";
      expect([variable, existsSync(file)]).toEqual([variable, true]);
    }
    const { loadConfig } = (await import(join(root, "services", name, "src/config.ts"))) as {
      loadConfig: (env: NodeJS.ProcessEnv) => Record<string, unknown>;
    };
    expect(loadConfig({ ...env, ...secrets })).toMatchObject({
      ...{ environment: "sandbox", grpcHost: "0.0.0.0", grpcPort: 8443, healthPort: 8081 },
      brokers: ["kafka:9092"],
    });
    expect(() => loadConfig(env)).toThrow("DATABASE_URL is missing");
  }
}, 60_000);

test("has a certificate and a connection for every party and hub of the examples", async () => {
  if (!existsSync(join(volumes, "authority"))) prepareSecrets();
  const examples = await loadExamples(join(root, "examples"));
  for (const identity of [...identitiesOf(examples), "operator/registry"]) {
    const file = join(volumes, "authority", identity.replaceAll("/", "-"));
    const present = [".pem", ".key", ".json"].filter((ending) => existsSync(`${file}${ending}`));
    expect([identity, ...present]).toEqual([identity, ".pem", ".key", ".json"]);
  }
}, 60_000);

test("gives the front door every variable of its configuration, and services' real addresses", () => {
  const service = compose.get("front-door");
  const env = { ...stages.get("front-door")?.env, ...service?.environment };
  const asked = new Set(
    readFileSync(haproxyFile, "utf8")
      .matchAll(/\$\{(\w+)\}/g)
      .map((m) => m[1]),
  );
  for (const variable of asked) expect(env).toHaveProperty(`${variable}`);
  const port = stages.get("service")?.env.GRPC_PORT;
  for (const name of serviceNames) {
    expect(env[`${name.toUpperCase()}_ADDRESS`]).toBe(`${name}:${port}`);
  }
});

const haproxy = findHaproxy();

test.skipIf(haproxy === undefined)(
  "has a configuration that HAProxy takes without a warning (skipped where there is none)",
  () => {
    const addresses = serviceNames.map((name) => [`${name.toUpperCase()}_ADDRESS`, "127.0.0.1:1"]);
    const env = {
      ...{ FRONT_DOOR_BIND: "127.0.0.1:8443", HEALTH_BIND: "127.0.0.1:8081" },
      ...{ CAREHUB_DOMAIN: "carehub.example", ...Object.fromEntries(addresses) },
      ...haproxy?.env,
    };
    const checking = ["-c", "-dW", "-f", haproxyFile];
    const { status, stderr } = spawnSync(`${haproxy?.program}`, checking, { env });
    expect(`${status} ${stderr}`).toBe("0 ");
  },
);

function prepareSecrets(): void {
  const program = join(root, "packages/local/src/prepare.ts");
  const env = { ...process.env, CAREHUB_VOLUMES: volumes };
  execFileSync(process.execPath, [program, "secrets"], { env, stdio: "ignore" });
}
