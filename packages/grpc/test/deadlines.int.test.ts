import { connect as connectHttp2 } from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { Call } from "../src/call.ts";
import { clientOf, operationsWith, operatorTls, startServer } from "./harness.ts";
import { gate, rawClient } from "./raw.ts";

const empty = Buffer.alloc(0);

/** A server whose GetQuiescence runs the given work; the call comes by MoveClock's context. */
function serverWith(work: () => Promise<unknown>, limits = {}) {
  const getQuiescence = async () => {
    await work();
    return {};
  };
  return startServer({ services: [operationsWith({ getQuiescence })], limits });
}

const clock = {
  time: { seconds: 1_767_571_200n },
  requestId: "0198c5f2-7a0e-7c3e-9d44-0a1b2c3d4e5f",
  actor: { reference: "op-7", role: "operator" },
};

test("gives a handler its deadline less 20 ms, and a signal that aborts then", async () => {
  const seen: { remainingMs: number; call: Call }[] = [];
  const moveClock = async (_to: unknown, { call }: { call: Call }) => {
    seen.push({ remainingMs: call.remainingMs(), call });
    await delay(10_000, undefined, { signal: call.signal });
    return call.deadline;
  };
  const { address, lines } = await startServer({ services: [operationsWith({ moveClock })] });
  const client = clientOf(address, operatorTls);
  await client.waitUntilReady(5_000);
  const began = performance.now();
  const error = await client.moveClock(clock, { deadlineMs: 400 }).catch((e) => e);
  expect(performance.now() - began).toBeLessThan(1_000);
  // On a busy machine the client's own clock may be first, which knows no reason.
  expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(seen[0]?.remainingMs).toBeLessThanOrEqual(380);
  expect(seen[0]?.remainingMs).toBeGreaterThan(200);
  await expect
    .poll(() => lines)
    .toMatchObject([{ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED", level: "info" }]);
});

test("does not begin work with less than 20 ms left", async () => {
  let runs = 0;
  const { address, lines } = await serverWith(async () => {
    runs += 1;
  });
  const client = clientOf(address, operatorTls);
  await client.waitUntilReady(5_000);
  const call = client.getQuiescence({}, { deadlineMs: 18 });
  await expect(call).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await expect.poll(() => lines.length).toBe(1);
  expect(runs).toBe(0);
});

test("bounds a call that names no deadline", async () => {
  const blocked = gate();
  onTestFinished(blocked.open);
  const { address } = await serverWith(() => blocked.passed, { deadlineMaxMs: 600 });
  const began = performance.now();
  const { error } = await rawClient(address, operatorTls)("GetQuiescence", empty);
  expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(performance.now() - began).toBeLessThan(1_500);
});

test("bounds a call whose request never arrives whole, and closes its stream", async () => {
  const { address } = await startServer({ limits: { deadlineMaxMs: 600 } });
  const session = connectHttp2(`https://${address}`, { ...operatorTls, servername: "localhost" });
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": "/carehub.operations.v1.OperationsService/WhoAmI",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const headers = new Promise((resolve) => stream.once("response", resolve));
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.write(Buffer.from([0, 0, 0, 0, 9, 1]));
  expect(await headers).toMatchObject({ "grpc-status": "4" });
  await closed;
});

test("notes a call that its caller gave up, and aborts its signal", async () => {
  let aborted = false;
  const entered = gate();
  const moveClock = async (to: Temporal.Instant, { call }: { call: Call }) => {
    entered.open();
    await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    aborted = true;
    return to;
  };
  const { address, lines } = await startServer({ services: [operationsWith({ moveClock })] });
  const giveUp = new AbortController();
  const call = clientOf(address, operatorTls).moveClock(clock, { signal: giveUp.signal });
  await Promise.all([
    expect(call).rejects.toMatchObject({ code: "CANCELLED" }),
    entered.passed.then(() => giveUp.abort()),
  ]);
  await expect.poll(() => lines).toMatchObject([{ code: "CANCELLED", reason: "CANCELLED" }]);
  expect(aborted).toBe(true);
});

test("refuses more calls than it may run at a time, and says when to come back", async () => {
  const blocked = gate();
  const { address } = await serverWith(() => blocked.passed, { inFlightMax: 2 });
  const client = clientOf(address, operatorTls);
  const running = [client.getQuiescence({}), client.getQuiescence({})];
  await expect
    .poll(() => client.getQuiescence({}).catch((error) => error))
    .toMatchObject({ code: "UNAVAILABLE", reason: "SERVER_BUSY", retryAfterMs: 100 });
  blocked.open();
  await Promise.all(running);
  await expect(client.getQuiescence({})).resolves.toBeDefined();
});

test("finishes running calls when it closes, and takes no new ones", async () => {
  const blocked = gate();
  const entered = gate();
  const { address, close } = await serverWith(
    () => {
      entered.open();
      return blocked.passed;
    },
    { drainMs: 5_000 },
  );
  const client = clientOf(address, operatorTls);
  const running = client.getQuiescence({});
  await entered.passed;
  let closed = false;
  const closing = close().then(() => {
    closed = true;
  });
  const late = clientOf(address, operatorTls).whoAmI({});
  await expect(late).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(closed).toBe(false);
  blocked.open();
  await expect(running).resolves.toBeDefined();
  await closing;
});

test("cuts calls that do not end within the time to drain", async () => {
  const blocked = gate();
  const entered = gate();
  onTestFinished(blocked.open);
  const { address, close } = await serverWith(
    () => {
      entered.open();
      return blocked.passed;
    },
    { drainMs: 200 },
  );
  const running = clientOf(address, operatorTls)
    .getQuiescence({})
    .catch((error) => error);
  await entered.passed;
  const began = performance.now();
  await close();
  expect(await running).toMatchObject({ code: expect.stringMatching(/CANCELLED|UNAVAILABLE/) });
  expect(performance.now() - began).toBeLessThan(2_000);
});
