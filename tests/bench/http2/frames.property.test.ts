import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, type Frame, makeFrameReader } from "./frames.ts";

const frame = fc.record({
  type: fc.integer({ min: 0, max: 9 }),
  flags: fc.integer({ min: 0, max: 255 }),
  stream: fc.integer({ min: 0, max: 0x7fffffff }),
  payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
});

test("frames come out as they went in, however the bytes are cut on their way", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      (sent, cut) => {
        const bytes = Buffer.concat(sent.map(encodeFrame));
        const found: Frame[] = [];
        const read = makeFrameReader((each) => {
          found.push({ ...each, payload: Buffer.from(each.payload) });
        });
        for (let at = 0; at < bytes.length; at += cut) read(bytes.subarray(at, at + cut));
        expect(found).toEqual(sent);
      },
    ),
    { seed: 20_261_122 },
  );
});
