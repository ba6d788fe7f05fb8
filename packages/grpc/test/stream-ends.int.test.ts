import { expect, test } from "vitest";
import { resuming } from "../src/resume.ts";
import { authority, clientOf, operatorTls } from "./harness.ts";
import {
  counting,
  hub,
  opened,
  readAll,
  sayAndWait,
  sessionTo,
  startStreaming,
  watchCall,
  watcherOf,
  watchRequest,
} from "./streaming.ts";

test("ends its streams when it closes, at once, and says to come back", async () => {
  const { address, close, lines } = await startStreaming(sayAndWait, {
    limits: { drainMs: 5_000 },
  });
  const client = watcherOf(address, operatorTls);
  const { rest } = await opened(client.watchCapacity({ hub }));
  const began = performance.now();
  const [{ error }] = await Promise.all([rest(), close()]);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "SERVER_STOPPING" });
  expect(lines).toMatchObject([{ reason: "SERVER_STOPPING", level: "info", messages: 1 }]);
});

test("ends a stream that has lived long enough, and says to come back", async () => {
  const { address } = await startStreaming(sayAndWait, { limits: { streamLifeMaxMs: 300 } });
  const stream = watcherOf(address, operatorTls).watchCapacity({ hub }, { deadlineMs: 60_000 });
  const { places, error } = await readAll(stream);
  expect(places).toEqual([1]);
  expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "STREAM_EXPIRED", retryAfterMs: 250 });
});

test("ends a stream at its caller's own deadline", async () => {
  // So long a reserve that the server's word comes before the client's own deadline.
  const { address } = await startStreaming(sayAndWait, { limits: { deadlineReserveMs: 1_500 } });
  const stream = watcherOf(address, operatorTls).watchCapacity({ hub }, { deadlineMs: 2_000 });
  const { error } = await readAll(stream);
  expect(error).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "DEADLINE_EXCEEDED" });
});

test("ends a stream when the certificate of its caller expires", async () => {
  const { address } = await startStreaming(sayAndWait);
  const uris = ["spiffe://carehub.example/operator/desk"];
  const tls = await authority.issue({ uris, expiresInMs: 2_500 });
  const { rest } = await opened(watcherOf(address, tls).watchCapacity({ hub }));
  expect((await rest()).error).toMatchObject({ reason: "STREAM_EXPIRED" });
});

test("lives longer than a unary call may, once its request is there", async () => {
  const { address } = await startStreaming(sayAndWait, { limits: { deadlineMaxMs: 400 } });
  const giveUp = new AbortController();
  const stream = watcherOf(address, operatorTls).watchCapacity({ hub }, { signal: giveUp.signal });
  const { rest } = await opened(stream);
  const began = performance.now();
  setTimeout(() => giveUp.abort(), 1_500);
  expect((await rest()).error).toMatchObject({ code: "CANCELLED" });
  expect(performance.now() - began).toBeGreaterThan(1_400);
});

test("closes a stream whose request never arrives whole, as soon as a unary call", async () => {
  const { address } = await startStreaming(sayAndWait, { limits: { deadlineMaxMs: 600 } });
  const stream = sessionTo(address).request(watchCall);
  const headers = new Promise((resolve) => stream.once("response", resolve));
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream.write(watchRequest.subarray(0, 9));
  expect(await headers).toMatchObject({ "grpc-status": "4" });
  await closed;
});

test("cuts the stream of a caller that reads nothing when its life is over", async () => {
  const large = "x".repeat(100_000);
  const { address, lines } = await startStreaming(
    async function* () {
      for (;;) yield { traceId: large };
    },
    { limits: { streamLifeMaxMs: 300 } },
  );
  const stream = sessionTo(address).request(watchCall);
  stream.on("error", () => undefined).pause();
  stream.end(watchRequest);
  await expect.poll(() => lines).toMatchObject([{ reason: "STREAM_EXPIRED" }]);
  await expect.poll(() => stream.closed, { timeout: 10_000 }).toBe(true);
  expect(await clientOf(address, operatorTls).whoAmI({})).toMatchObject({ service: "intake" });
});

test("resumes after every end but a refusal, without loss or repeat", async () => {
  const { address } = await startStreaming((_call, { cursor }) => counting(Number(cursor) + 1), {
    limits: { streamLifeMaxMs: 60 },
  });
  const client = watcherOf(address, operatorTls);
  const stop = new AbortController();
  let opens = 0;
  const places: number[] = [];
  const open = (cursor: string, options: { signal: AbortSignal }) => {
    opens += 1;
    return client.watchCapacity({ hub, cursor }, options);
  };
  for await (const { cursor } of resuming(open, { cursor: "", signal: stop.signal })) {
    places.push(Number(cursor));
    if (opens >= 4) stop.abort();
  }
  expect(places).toEqual(Array.from({ length: places.length }, (_, index) => index + 1));
  const refused = resuming(() => client.watchCapacity({ hub: "" }), {
    cursor: "",
    signal: AbortSignal.timeout(5_000),
  });
  expect((await readAll(refused)).error).toMatchObject({ reason: "INVALID_FIELD" });
});
