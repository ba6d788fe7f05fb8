import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@carehub/contracts/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "@carehub/contracts/gen/google/rpc/status_pb.ts";
import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { type Failure, statusDetailsKey, toFailure } from "./errors.ts";
import { mergeReasons } from "./reasons.ts";

const context = {
  domain: "intake.carehub",
  reasons: mergeReasons({ REFERRAL_NOT_OPEN: "FAILED_PRECONDITION" }),
  traceId: "0af7651916cd43dd8448eb211c80319c",
};

test("sends a refusal with the code of its reason, its facts and the trace id", () => {
  const failure = toFailure(new DomainError("REFERRAL_NOT_OPEN", { state: "HELD" }), context);
  expect(failure).toMatchObject({ codeName: "FAILED_PRECONDITION", reason: "REFERRAL_NOT_OPEN" });
  expect(failure.logged).toBeUndefined();
  expect(failure.metadata.get("carehub-trace-id")).toEqual([context.traceId]);
  expect(detail(failure, ErrorInfoSchema)).toMatchObject({
    reason: "REFERRAL_NOT_OPEN",
    domain: "intake.carehub",
    metadata: { state: "HELD" },
  });
  expect(detail(failure, RetryInfoSchema)).toBeUndefined();
});

test.each([
  ["ECONNREFUSED", "connect ECONNREFUSED", "network"],
  ["57P01", "terminating connection", "database"],
  ["08006", "connection failure", "database"],
  [undefined, "timeout exceeded when trying to connect", "database"],
  [undefined, "Connection terminated unexpectedly", "database"],
])(
  "calls a lost dependency UNAVAILABLE, with a time to retry (%s %s)",
  (code, text, dependency) => {
    const cause = Object.assign(new Error(text), code === undefined ? {} : { code });
    const failure = toFailure(new Error("loading a referral", { cause }), context);
    expect(failure).toMatchObject({ codeName: "UNAVAILABLE", reason: "DEPENDENCY_UNAVAILABLE" });
    expect(detail(failure, ErrorInfoSchema)?.metadata).toEqual({ dependency });
    expect(detail(failure, RetryInfoSchema)?.retryDelay).toMatchObject({ nanos: 250_000_000 });
  },
);

test("takes an error's own word for what is gone", () => {
  const error = Object.assign(new Error("the lag was not read"), { outage: "kafka" });
  const failure = toFailure(error, context);
  expect(failure).toMatchObject({ codeName: "UNAVAILABLE", reason: "DEPENDENCY_UNAVAILABLE" });
  expect(detail(failure, ErrorInfoSchema)?.metadata).toEqual({ dependency: "kafka" });
});

test.each([
  ["a bug", new TypeError("canary is not a function")],
  ["a refusal of no table", new DomainError("CANARY", { canary: "canary" })],
  ["a value that is no error", "canary"],
  ["an SQL mistake", Object.assign(new Error("canary"), { code: "42P01" })],
])("calls %s INTERNAL and tells the caller nothing of it", (_what, thrown) => {
  const failure = toFailure(thrown, context);
  expect(failure).toMatchObject({ codeName: "INTERNAL", details: "internal error" });
  expect(failure.logged).toBe(thrown);
  expect(String(failure.metadata.get(statusDetailsKey)[0])).not.toMatch(/canary/i);
});

test("tells the retry time that a refusal carries", () => {
  const failure = toFailure(new DomainError("RATE_LIMITED", { retry_after_ms: "1500" }), context);
  expect(detail(failure, RetryInfoSchema)?.retryDelay).toMatchObject({
    seconds: 1n,
    nanos: 500_000_000,
  });
});

test("keeps the details small enough for any client, whatever they hold", () => {
  const violations = Array.from({ length: 500 }, (_, index) => ({
    field: `items[${index}].${"x".repeat(400)}`,
    description: "is \ud800 wrong",
  }));
  const metadata = Object.fromEntries(
    violations.map((_, index) => [`key_${index}`, "y".repeat(5_000)]),
  );
  const failure = toFailure(new DomainError("INVALID_FIELD", metadata, { violations }), context);
  expect(Buffer.from(failure.metadata.get(statusDetailsKey)[0] ?? "").length).toBeLessThan(5_501);
  expect(detail(failure, ErrorInfoSchema)?.reason).toBe("INVALID_FIELD");
  expect(() => encodeURI(failure.details)).not.toThrow();
});

test("keeps violations of an ordinary request whole", () => {
  const violations = [{ field: "page_size", description: "must be greater than or equal to 0" }];
  const failure = toFailure(new DomainError("INVALID_FIELD", {}, { violations }), context);
  expect(detail(failure, BadRequestSchema)?.fieldViolations).toMatchObject(violations);
});

test("refuses a table that gives a shared reason another code", () => {
  expect(() => mergeReasons({ INVALID_FIELD: "NOT_FOUND" })).toThrow(/INVALID_FIELD/);
});

function detail<Schema extends Parameters<typeof anyUnpack>[1]>(failure: Failure, schema: Schema) {
  const bytes = failure.metadata.get(statusDetailsKey)[0];
  const { details } = fromBinary(StatusSchema, Buffer.from(bytes ?? ""));
  return details.map((any) => anyUnpack(any, schema)).find((found) => found !== undefined);
}
