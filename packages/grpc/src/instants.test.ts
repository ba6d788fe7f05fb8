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
