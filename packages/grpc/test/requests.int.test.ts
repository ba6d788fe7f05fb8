import { randomBytes } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  ListDeadLettersRequestSchema,
  ReplayDeadLettersRequestSchema,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { expect, test } from "vitest";
import { clientOf, operationsWith, operatorTls, startServer } from "./harness.ts";
import { rawClient } from "./raw.ts";

const replay = {
  topic: "carehub.intake.cases",
  key: "0198c5f2-7a0e-7c3e-9d44-0a1b2c3d4e5f",
  requestId: "0198c5f2-7a0e-7c3e-9d44-0a1b2c3d4e5f",
  actor: { reference: "op-7", role: "operator" },
};

test("names every field that broke a rule, without its value", async () => {
  const { address, lines } = await startServer();
  const request = { ...replay, topic: "", requestId: "canary", actor: { reference: "ca nary" } };
  const error = await clientOf(address, operatorTls)
    .replayDeadLetters(request)
    .catch((e) => e);
  expect(error).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "INVALID_FIELD",
    domain: "intake.carehub",
  });
  const fields = error.violations.map(({ field }: { field: string }) => field);
  expect(fields).toEqual(["topic", "request_id", "actor.reference", "actor.role", "actor.role"]);
  expect(`${error.message}${JSON.stringify([error.violations, lines])}`).not.toMatch(/ca ?nary/);
});

test("hands a valid request on, with the page size within its limits", async () => {
  const { address } = await startServer();
  const client = clientOf(address, operatorTls);
  const list = async (pageSize: number) =>
    (await client.listDeadLetters({ pageSize, pageToken: "t" })).nextPageToken;
  expect([await list(0), await list(7), await list(500)]).toEqual(["50 t", "7 t", "200 t"]);
  await expect(list(-1)).rejects.toMatchObject({
    violations: [{ field: "page_size", description: "must be greater than or equal to 0" }],
  });
});

test.each(["topic", "key"])("refuses the character U+0000 in %s", async (field) => {
  const { address } = await startServer();
  const call = clientOf(address, operatorTls).replayDeadLetters({ ...replay, [field]: "a\0b" });
  await expect(call).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    violations: [{ field, description: "must not hold the character U+0000" }],
  });
});

test("refuses the character U+0000 in a nested message", async () => {
  const { address } = await startServer();
  const actor = { ...replay.actor, signature: "\0" };
  const call = clientOf(address, operatorTls).replayDeadLetters({ ...replay, actor });
  await expect(call).rejects.toMatchObject({ violations: [{ field: "actor.signature" }] });
});

test.each([4_102_444_800n, 253_402_300_799n, 2n ** 63n - 1n, -(2n ** 63n)])(
  "moves no clock to the second %d",
  async (seconds) => {
    const { address } = await startServer();
    const { requestId, actor } = replay;
    const call = clientOf(address, operatorTls).moveClock({ time: { seconds }, requestId, actor });
    await expect(call).rejects.toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_FIELD" });
  },
);

test.each([
  ["a truncated field", Buffer.from([0x0a, 0x20, 0x61])],
  ["a text that is not UTF-8", Buffer.from([0x0a, 0x02, 0xc3, 0x28])],
  ["an unknown wire type", Buffer.from([0x0f])],
  ["groups without end", Buffer.alloc(5_000, 0x7b)],
])("calls %s an invalid argument", async (_what, bytes) => {
  const { address } = await startServer();
  const { error } = await rawClient(address, operatorTls)("ReplayDeadLetters", bytes);
  expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_FIELD" });
  expect(error?.violations).toHaveLength(1);
  expect(error?.traceId).toMatch(/^[0-9a-f]{32}$/);
});

test("random bytes and bent requests never end in INTERNAL", async () => {
  const { address } = await startServer();
  const call = rawClient(address, operatorTls);
  const valid = toBinary(
    ReplayDeadLettersRequestSchema,
    create(ReplayDeadLettersRequestSchema, replay),
  );
  const codes = new Set<string>();
  for (let round = 0; round < 300; round += 1) {
    const bent = Buffer.from(valid);
    bent[round % bent.length] = randomBytes(1)[0] ?? 0;
    for (const bytes of [randomBytes(round), bent]) {
      const { error } = await call("ReplayDeadLetters", bytes);
      codes.add(error?.code ?? "OK");
    }
    const { error } = await call("ReplayDeadLetters", randomBytes(round));
    expect(error?.code).toBe("INVALID_ARGUMENT");
  }
  expect([...codes].sort()).toEqual(["INVALID_ARGUMENT", "OK"]);
});

test("refuses a message over the limit before it is read", async () => {
  const { address, lines } = await startServer({ limits: { receiveBytesMax: 10_000 } });
  const request = create(ListDeadLettersRequestSchema, { pageToken: "x".repeat(20_000) });
  const bytes = toBinary(ListDeadLettersRequestSchema, request);
  const { error } = await rawClient(address, operatorTls)("ListDeadLetters", bytes);
  expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED" });
  expect(lines).toEqual([]);
});

test("sends the bytes of an earlier answer as they are", async () => {
  const answer = Buffer.from([0x08, 0x03]);
  const services = [operationsWith({ replayDeadLetters: async () => answer as never })];
  const { address } = await startServer({ services });
  const client = clientOf(address, operatorTls);
  expect(await client.replayDeadLetters(replay)).toMatchObject({ handledCount: 3 });
});
