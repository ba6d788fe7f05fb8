import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { type ServiceProcess, startService } from "./processes.ts";
import { claimInstance } from "./state.ts";

const root = mkdtempSync(join(tmpdir(), "carehub-processes-"));
const instance = await claimInstance("processes", root);
afterAll(async () => {
  await instance.release();
  rmSync(root, { recursive: true });
});

const entry = fileURLToPath(new URL("../trial/service.ts", import.meta.url));

test("resolves when the service says it is ready, with its ports, and stops it in order", async () => {
  const service = await start({ GRPC_PORT: "51" });
  expect(service).toMatchObject({ name: "trial", grpcPort: 51, healthPort: 2 });
  await service.stop();
  await service.stop();
  expect(await service.exited).toBe(0);
  expect(readFileSync(service.logFile, "utf8")).toContain('{"msg":"stopped"}');
});

test("fails with the last lines of a service that ends early", async () => {
  await expect(start({ MODE: "fails" })).rejects.toThrow(/ended with 3.*the reason/s);
});

test("gives up on a service that never gets ready", async () => {
  const late = start({ MODE: "mute" }, { readyLimitMs: 300 });
  await expect(late).rejects.toThrow("trial was not ready within 300 ms");
});

test("kills a service without asking it", async () => {
  const service = await start({ GRPC_PORT: "51", MODE: "stubborn" });
  await service.kill();
  expect(await service.exited).toBe("SIGKILL");
});

test("hands on none of its own environment", async () => {
  process.env.MODE = "fails";
  const service = await start({ GRPC_PORT: "52" });
  delete process.env.MODE;
  expect(service.grpcPort).toBe(52);
  await service.stop();
});

function start(
  env: Record<string, string>,
  options: { readyLimitMs?: number } = {},
): Promise<ServiceProcess> {
  const preload = "data:text/javascript,";
  return startService({ instance, name: "trial", entry, env, preload, ...options });
}
