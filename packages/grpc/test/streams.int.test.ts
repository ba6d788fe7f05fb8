import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { authority, clientOf, identityOf, operatorTls } from "./harness.ts";
import { gate } from "./raw.ts";
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

function never(): AsyncIterable<never> {
  throw new Error("the handler has begun");
}

test("tells every message in order, the trace id first, and one line at the end", async () => {
  const { address, lines } = await startStreaming(() => counting(1, 1_000));
  const told: string[] = [];
  const onTraceId = (traceId: string) => void told.push(traceId);
  const stream = watcherOf(address, operatorTls).watchCapacity({ hub }, { onTraceId });
  const { places, error } = await readAll(stream);
  expect(error).toBeUndefined();
  expect(places).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  const line = { code: "OK", caller: "operator/desk", messages: 1_000, trace_id: told[0] };
  await expect.poll(() => lines).toMatchObject([line]);
});

test("lets in those whom the proto names, before anything is read of the request", async () => {
  const { address, lines } = await startStreaming(never);
  const uris = ["spiffe://carehub.example/admin/a"];
  const cases = [
    [await identityOf("service/capacity"), "PERMISSION_DENIED", "ROLE_NOT_ALLOWED"],
    [await authority.issue({ uris }), "UNAUTHENTICATED", "CALLER_UNKNOWN"],
  ] as const;
  for (const [tls, code, reason] of cases) {
    const { error } = await readAll(watcherOf(address, tls).watchCapacity({ hub: "nonsense" }));
    expect(error).toMatchObject({ code, reason, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  }
  expect(lines).toMatchObject(cases.map(([, code, reason]) => ({ code, reason, messages: 0 })));
});

test("refuses a request that breaks a rule, and a caller over its rate", async () => {
  const { address } = await startStreaming(never);
  const { error } = await readAll(watcherOf(address, operatorTls).watchCapacity({ hub: "hub" }));
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ field: "hub" }] });
  const slow = await startStreaming(never, { rateLimit: () => 1_500 });
  const limited = await readAll(watcherOf(slow.address, operatorTls).watchCapacity({ hub }));
  expect(limited.error).toMatchObject({ reason: "RATE_LIMITED", retryAfterMs: 1_500 });
});

test.each([
  [
    new DomainError("REFERRAL_NOT_OPEN", { state: "CLOSED" }),
    "FAILED_PRECONDITION",
    "REFERRAL_NOT_OPEN",
  ],
  [new TypeError("a secret"), "INTERNAL", "INTERNAL"],
])(
  "tells what its handler threw after the messages before it: %s",
  async (thrown, code, reason) => {
    const { address, lines } = await startStreaming(async function* () {
      yield* counting(1, 3);
      throw thrown;
    });
    const { places, error } = await readAll(watcherOf(address, operatorTls).watchCapacity({ hub }));
    expect(places).toEqual([1, 2, 3]);
    expect(error).toMatchObject({ code, reason, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(String(error)).not.toContain("secret");
    await expect.poll(() => lines).toMatchObject([{ code, reason, messages: 3 }]);
  },
);

test("asks its handler for no more than a slow reader takes, and loses nothing of it", async () => {
  let made = 0;
  const large = "x".repeat(50_000);
  const { address } = await startStreaming(async function* () {
    for (made = 1; ; made += 1) yield { cursor: String(made), traceId: large };
  });
  const { iterator } = await opened(watcherOf(address, operatorTls).watchCapacity({ hub }));
  const good = clientOf(address, operatorTls);
  for (let call = 0; call < 200; call += 1) await good.whoAmI({});
  const early = made;
  for (let call = 0; call < 200; call += 1) await good.whoAmI({});
  expect(made).toBe(early);
  expect(made).toBeLessThan(100);
  for (let place = 2; place <= 300; place += 1) {
    expect((await iterator.next()).value?.cursor).toBe(String(place));
  }
  await iterator.return?.();
});

test("ends the handler of a caller that goes, and gives its place free", async () => {
  const ended = gate();
  const limits = { openStreamsPerCallerMax: 1 };
  const { address, lines } = await startStreaming(
    async function* (call) {
      try {
        yield* sayAndWait(call);
      } finally {
        if (call.signal.aborted) ended.open();
      }
    },
    { limits },
  );
  const giveUp = new AbortController();
  const client = watcherOf(address, operatorTls);
  const { rest } = await opened(client.watchCapacity({ hub }, { signal: giveUp.signal }));
  const second = await readAll(client.watchCapacity({ hub }));
  expect(second.error).toMatchObject({ reason: "STREAM_LIMIT_REACHED" });
  giveUp.abort();
  expect((await rest()).error).toMatchObject({ code: "CANCELLED" });
  await ended.passed;
  await expect.poll(() => lines).toContainEqual(expect.objectContaining({ reason: "CANCELLED" }));
  const third = await opened(client.watchCapacity({ hub }));
  expect(third.first).toBe("1");
  await third.iterator.return?.();
});

test("gives the place of a lost connection free", async () => {
  const limits = { openStreamsPerCallerMax: 1 };
  const { address } = await startStreaming(sayAndWait, { limits });
  const session = sessionTo(address);
  const lost = session.request(watchCall).on("error", () => undefined);
  lost.end(watchRequest);
  await new Promise((resolve) => lost.once("data", resolve));
  const client = watcherOf(address, operatorTls);
  const second = await readAll(client.watchCapacity({ hub }));
  expect(second.error).toMatchObject({ reason: "STREAM_LIMIT_REACHED" });
  session.destroy();
  const first = () => opened(client.watchCapacity({ hub })).then((each) => each.first, String);
  await expect.poll(first).toBe("1");
});

test("opens no more streams of one caller than it may have, whatever its connections, nor in all", async () => {
  const limits = { openStreamsPerCallerMax: 2, openStreamsMax: 3 };
  const { address } = await startStreaming(sayAndWait, { limits });
  const watcher = async (name: string) => watcherOf(address, await identityOf(name));
  const own = [await watcher("hub/a"), await watcher("hub/a"), await watcher("hub/a")];
  for (const client of own.slice(1)) await opened(client.watchCapacity({ hub }));
  const refused = await readAll((own[0] as (typeof own)[number]).watchCapacity({ hub }));
  expect(refused.error).toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "STREAM_LIMIT_REACHED",
    metadata: { open: "2" },
    retryAfterMs: 5_000,
  });
  await opened((await watcher("hub/b")).watchCapacity({ hub }));
  const fourth = await readAll((await watcher("hub/c")).watchCapacity({ hub }));
  expect(fourth.error).toMatchObject({ code: "UNAVAILABLE", reason: "SERVER_BUSY" });
});
