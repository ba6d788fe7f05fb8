import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { blindIndex, SealError, seal, unseal } from "./sealing.ts";

const key = randomBytes(32);
const place = { table: "referral", column: "sealed_identity", row: "1" };
const plain = Buffer.from("Zumrad");

test("opens in its own place what was sealed for it", () => {
  const sealed = seal(key, plain, place);
  expect(unseal(key, sealed, place)).toEqual(plain);
  expect(sealed.includes(plain)).toBe(false);
  expect(seal(key, plain, place)).not.toEqual(sealed);
});

test.each([
  ["another table", { ...place, table: "patient" }],
  ["another column", { ...place, column: "sealed_summary" }],
  ["another row", { ...place, row: "2" }],
])("refuses to open it in %s", (_, other) => {
  expect(() => unseal(key, seal(key, plain, place), other)).toThrow(SealError);
});

test("refuses to open it with another key, cut short, or with any bit changed", () => {
  const sealed = seal(key, plain, place);
  expect(() => unseal(randomBytes(32), sealed, place)).toThrow(SealError);
  expect(() => unseal(key, sealed.subarray(0, 20), place)).toThrow(SealError);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => unseal(key, changed, place)).toThrow(SealError);
  }
});

test("gives one index to one document, however its number is written", () => {
  const document = { country: "UZ", kind: "PASSPORT", number: "AB 12-34" };
  const index = blindIndex(key, document);
  expect(blindIndex(key, { ...document, number: "ab1234" })).toEqual(index);
  for (const other of [{ country: "KG" }, { kind: "PERSONAL_NUMBER" }, { number: "AB1235" }]) {
    expect(blindIndex(key, { ...document, ...other })).not.toEqual(index);
  }
  expect(blindIndex(randomBytes(32), document)).not.toEqual(index);
});
