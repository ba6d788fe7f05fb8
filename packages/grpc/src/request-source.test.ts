import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import { MoveClockRequestSchema } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { ErrorInfoSchema } from "@carehub/contracts/gen/google/rpc/error_details_pb.ts";
import { expect, test } from "vitest";
import { canonicalBytes, requestSource } from "./request-source.ts";

const call = {
  caller: { role: "ministry", id: "UZ", name: "ministry/UZ" },
  method: "carehub.operations.v1.OperationsService/MoveClock",
} as const;
const requestId = "0198c5f2-7a0e-7c3e-9d44-0a1b2c3d4e5f";

function source(time?: bigint, method: string = call.method) {
  const init = time === undefined ? { requestId } : { requestId, time: { seconds: time } };
  const request = create(MoveClockRequestSchema, init);
  return requestSource(MoveClockRequestSchema, request, { ...call, method });
}

test("names caller, method and request id", () => {
  const { bodyHash, ...named } = source();
  const { caller, method } = call;
  expect(named).toEqual({ kind: "request", caller: caller.name, method, requestId });
  expect(bodyHash).toHaveLength(32);
});

test("tells another body and another method by the hash", () => {
  const { bodyHash } = source();
  expect(source().bodyHash).toEqual(bodyHash);
  expect(source(1n).bodyHash).not.toEqual(bodyHash);
  expect(source(undefined, "another").bodyHash).not.toEqual(bodyHash);
});

test("is the same whatever order fields and map entries were sent in", () => {
  const entry = (key: string) => {
    const info = create(ErrorInfoSchema, { metadata: { [key]: "v" } });
    return toBinary(ErrorInfoSchema, info);
  };
  const reason = toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { reason: "R" }));
  const read = (...parts: Uint8Array[]) =>
    canonicalBytes(ErrorInfoSchema, fromBinary(ErrorInfoSchema, Buffer.concat(parts)));
  const expected = read(reason, entry("a"), entry("b"), entry("c"));
  expect(read(entry("c"), entry("b"), reason, entry("a"))).toEqual(expected);
  expect(Buffer.from(expected).toString("latin1")).toMatch(/R.*a.*b.*c/s);
});

test("orders maps inside of maps and lists, and leaves the message as it was", () => {
  const json = (first: string, second: string) => ({
    fields: {
      list: {
        kind: {
          case: "listValue",
          value: { values: [{ kind: { case: "structValue", value: object(first, second) } }] },
        },
      },
    },
  });
  const message = create(StructSchema, json("b", "a") as never);
  const before = toBinary(StructSchema, message);
  const sorted = canonicalBytes(StructSchema, create(StructSchema, json("a", "b") as never));
  expect(canonicalBytes(StructSchema, message)).toEqual(sorted);
  expect(toBinary(StructSchema, message)).toEqual(before);
  expect(before).not.toEqual(sorted);
});

function object(...keys: string[]) {
  const value = { kind: { case: "boolValue", value: true } };
  return { fields: Object.fromEntries(keys.map((key) => [key, value])) };
}
