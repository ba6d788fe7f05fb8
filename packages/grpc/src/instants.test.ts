import { expect, test } from "vitest";
import { toInstant, toTimestamp } from "./instants.ts";

test.each([
  "2026-01-05T08:00:00.123456789Z",
  "1969-12-31T23:59:59.000000001Z",
  "1970-01-01T00:00:00Z",
])("keeps %s to the nanosecond, there and back", (text) => {
  const timestamp = toTimestamp(Temporal.Instant.from(text));
  expect(timestamp.nanos).toBeGreaterThanOrEqual(0);
  expect(toInstant(timestamp).toString()).toBe(text);
});

test.each([
  { seconds: -62_135_596_801n, nanos: 0 },
  { seconds: 253_402_300_800n, nanos: 0 },
  { seconds: 2n ** 63n - 1n, nanos: 0 },
  { seconds: 0n, nanos: -1 },
  { seconds: 0n, nanos: 1_000_000_000 },
])("refuses a time that protobuf does not allow: %o", (time) => {
  expect(() => toInstant(time)).toThrow(/INVALID_FIELD/);
});
