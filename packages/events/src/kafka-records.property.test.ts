import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRecord, encoderPath } from "./kafka-records.ts";

const encodeAsLibrary: typeof encodeRecord = createRequire(import.meta.url)(encoderPath);

test("writes the very bytes that the library writes", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 300 });
  const bytes = fc.uint8Array({ maxLength: 20_000 }).map((array) => Buffer.from(array));
  const record = fc.record({
    offsetDelta: fc.nat(100_000),
    timestampDelta: fc.nat(100_000),
    key: fc.oneof(text, fc.constant(null)),
    value: fc.oneof(bytes, fc.constant(null)),
    headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 100 }), fc.oneof(text, bytes)),
  });
  fc.assert(
    fc.property(record, (given) => {
      const ours = encodeRecord(given).buffer;
      expect(ours.equals(encodeAsLibrary(given).buffer)).toBe(true);
    }),
    { seed: 11, numRuns: 300 },
  );
});
