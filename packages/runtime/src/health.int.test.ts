import { expect, test } from "vitest";
import { buildHealth, startHealth } from "./health.ts";

test("is alive whatever its checks say", async () => {
  const server = buildHealth({ ready: { database: () => false } });
  expect((await server.inject("/healthz")).statusCode).toBe(200);
});

test("is ready when every check passes", async () => {
  const server = buildHealth({ ready: { database: async () => 1, relay: () => undefined } });
  const answer = await server.inject("/readyz");
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: "ready" }]);
});

test("names the checks that fail, without their texts", async () => {
  const server = buildHealth({
    ready: {
      database: async () => {
        throw new Error("password refused");
      },
      relay: () => false,
      consumer: () => true,
    },
  });
  const answer = await server.inject("/readyz");
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({ status: "not ready", failing: ["database", "relay"] });
});

test("counts a check that hangs as failing", async () => {
  const server = buildHealth({ ready: { database: () => new Promise(() => undefined) } });
  expect((await server.inject("/readyz")).json()).toMatchObject({ failing: ["database"] });
});

test("listens on the loopback address and is not ready while it drains", async () => {
  const health = await startHealth({ port: 0, ready: {} });
  const url = `http://127.0.0.1:${health.port}`;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect((await fetch(`${url}/metrics`)).headers.get("content-type")).toContain("text/plain");
  health.drain();
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  await health.close();
});
