import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { clientOf, operationsWith, operatorTls, startServer } from "./harness.ts";
import { rawClient } from "./raw.ts";

/**
 * A server whose GetQuiescence throws what the test gives, one error per call, and then answers.
 */
function failingServer(...errors: unknown[]) {
  const getQuiescence = async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return { pendingCount: 7n };
  };
  return startServer({ services: [operationsWith({ getQuiescence })] });
}

test("brings a refusal to the client with all that it says", async () => {
  const violations = [{ field: "hub", description: "is closed" }];
  const refusal = new DomainError("REFERRAL_NOT_OPEN", { state: "HELD" }, { violations });
  const { address, lines } = await failingServer(refusal);
  const error = await clientOf(address, operatorTls)
    .getQuiescence({})
    .catch((e) => e);
  expect(error).toMatchObject({
    name: "CallError",
    code: "FAILED_PRECONDITION",
    reason: "REFERRAL_NOT_OPEN",
    domain: "intake.carehub",
    metadata: { state: "HELD" },
    violations,
  });
  expect(error.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(error.retryAfterMs).toBeUndefined();
  expect(lines).toMatchObject([
    {
      method: "carehub.operations.v1.OperationsService/GetQuiescence",
      caller: "operator/desk",
      code: "FAILED_PRECONDITION",
      reason: "REFERRAL_NOT_OPEN",
      trace_id: error.traceId,
      level: "info",
    },
  ]);
});

test.each([
  ["the request", {}, "request"],
  ["the field that the refusal names", { field: "transfers.path" }, "transfers.path"],
])("says of an invalid argument without violations that it was %s", async (_, metadata, field) => {
  // So large that details are left out, but never the last violation.
  const large = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [at, "x".repeat(900)]));
  const refusals = [metadata, { ...metadata, ...large }].map((facts) => {
    return new DomainError("REQUEST_ID_REUSED", facts);
  });
  const { address } = await failingServer(...refusals);
  const client = clientOf(address, operatorTls);
  const description = "was refused with the reason: request id reused";
  for (const _refusal of refusals) {
    await expect(client.getQuiescence({})).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "REQUEST_ID_REUSED",
      violations: [{ field, description }],
    });
  }
});

test("logs a bug once, under the trace id that the caller gets, and tells nothing", async () => {
  const { address, lines } = await failingServer(new TypeError("canary is undefined"));
  const error = await clientOf(address, operatorTls)
    .getQuiescence({})
    .catch((e) => e);
  expect(error).toMatchObject({ code: "INTERNAL", reason: "INTERNAL" });
  expect(`${error.message} ${error.cause.details}`).not.toContain("canary");
  expect(lines).toMatchObject([
    { level: "error", trace_id: error.traceId, err: { message: "canary is undefined" } },
  ]);
});

test("calls a lost database UNAVAILABLE", async () => {
  const lost = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  const { address, lines } = await failingServer(new Error("loading", { cause: lost }));
  await expect(clientOf(address, operatorTls).getQuiescence({})).rejects.toMatchObject({
    code: "UNAVAILABLE",
    reason: "DEPENDENCY_UNAVAILABLE",
    retryAfterMs: 250,
  });
  expect(lines).toMatchObject([{ level: "warn", err: { message: "loading" } }]);
});

test("sends the same call again while the server is unavailable", async () => {
  const outage = () => new DomainError("DEPENDENCY_UNAVAILABLE", { retry_after_ms: "10" });
  const { address, lines } = await failingServer(outage(), outage());
  const client = clientOf(address, operatorTls, { attemptsMax: 3 });
  expect(await client.getQuiescence({})).toMatchObject({ pendingCount: 7n });
  expect(lines.map(({ code }) => code)).toEqual(["UNAVAILABLE", "UNAVAILABLE", "OK"]);
});

test("gives up after the last attempt, and never repeats a refusal", async () => {
  const outage = () => new DomainError("DEPENDENCY_UNAVAILABLE", { retry_after_ms: "10" });
  const refusal = new DomainError("REFERRAL_NOT_OPEN");
  const { address, lines } = await failingServer(outage(), outage(), refusal);
  const client = clientOf(address, operatorTls, { attemptsMax: 2 });
  await expect(client.getQuiescence({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(client.getQuiescence({})).rejects.toMatchObject({ reason: "REFERRAL_NOT_OPEN" });
  expect(lines).toHaveLength(3);
});

test("does not hit a server that is down harder than before", async () => {
  const outages = Array.from({ length: 200 }, () => {
    return new DomainError("DEPENDENCY_UNAVAILABLE", { retry_after_ms: "1" });
  });
  const { address, lines } = await failingServer(...outages);
  const client = clientOf(address, operatorTls, { attemptsMax: 4 });
  for (let call = 0; call < 50; call += 1) {
    await expect(client.getQuiescence({})).rejects.toMatchObject({ code: "UNAVAILABLE" });
  }
  expect(lines.length).toBeLessThanOrEqual(55);
});

test("carries the trace id on good answers too, and never a body in the log", async () => {
  const { address, lines } = await startServer();
  const client = clientOf(address, operatorTls);
  const told: string[] = [];
  const pageToken = "canary";
  await client.listDeadLetters({ pageToken }, { onTraceId: (id) => void told.push(id) });
  expect(told).toEqual([lines[0]?.trace_id]);
  expect(told[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(lines).toMatchObject([{ code: "OK", msg: "request", level: "info" }]);
  expect(JSON.stringify(lines)).not.toContain("canary");
});

test("refuses a caller that asks too often, before its request is read", async () => {
  const { address } = await startServer({
    rateLimit: ({ name }, method) =>
      name === "operator/desk" && method.endsWith("/ReplayDeadLetters") ? 1_500 : undefined,
  });
  const client = clientOf(address, operatorTls);
  await expect(client.replayDeadLetters({})).rejects.toMatchObject({
    code: "RESOURCE_EXHAUSTED",
    reason: "RATE_LIMITED",
    retryAfterMs: 1_500,
  });
  await expect(client.whoAmI({})).resolves.toBeDefined();
});

test("waits for a server that comes later", async () => {
  const first = await startServer();
  const port = Number(first.address.split(":")[1]);
  await first.close();
  const client = clientOf(first.address, operatorTls, { waitForReady: true });
  const call = client.whoAmI({}, { deadlineMs: 10_000 });
  await startServer({ port });
  await expect(call).resolves.toMatchObject({ caller: "operator/desk" });
});

test("connects again after its server was restarted", async () => {
  const first = await startServer();
  const client = clientOf(first.address, operatorTls, { attemptsMax: 4 });
  await client.whoAmI({});
  await first.close();
  await startServer({ port: Number(first.address.split(":")[1]) });
  await client.waitUntilReady(10_000);
  await expect(client.whoAmI({})).resolves.toMatchObject({ caller: "operator/desk" });
});

test("answers the standard health check", async () => {
  const { address } = await startServer();
  const { bytes } = await rawClient(address, operatorTls)(
    "/grpc.health.v1.Health/Check",
    Buffer.alloc(0),
    5_000,
  );
  expect(bytes).toEqual(Buffer.from([0x08, 0x01]));
});
