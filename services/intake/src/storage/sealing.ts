/**
 * How personal data is kept: sealed with AES-256-GCM under a key of the patient's own, which is itself wrapped by the key
 * from the configuration.
 *
 * Guarantee: what was sealed for one place (table, column, row) opens only there: the place is authenticated with it, so a
 * text that was moved to another row or column, or changed in any bit, fails to open.
 * Not guaranteed: that its length is hidden, or that an older text is not put back in its own place.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";

/** Where a sealed text stands. */
export type Place = { readonly table: string; readonly column: string; readonly row: string };

const algorithm = "aes-256-gcm";
const version = 1;
const ivBytes = 12;
const tagBytes = 16;
const headBytes = 1 + ivBytes + tagBytes;
export const keyBytes = 32;

/** Seals a text for a place. The same text sealed twice differs. */
export function seal(key: Uint8Array, plain: Uint8Array, place: Place): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv).setAAD(placeBytes(place));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(version), iv, cipher.getAuthTag(), sealed]);
}

/** Opens what was sealed for that place; anything else fails without saying what it holds. */
export function unseal(key: Uint8Array, sealed: Uint8Array, place: Place): Buffer {
  const bytes = Buffer.from(sealed);
  if (bytes.length < headBytes || bytes[0] !== version) throw new SealError(place);
  const iv = bytes.subarray(1, 1 + ivBytes);
  const tag = bytes.subarray(1 + ivBytes, headBytes);
  const decipher = createDecipheriv(algorithm, key, iv, { authTagLength: tagBytes })
    .setAAD(placeBytes(place))
    .setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]);
  } catch (cause) {
    throw new SealError(place, { cause });
  }
}

/** A sealed text does not open: it was moved, changed, or belongs to another key. */
export class SealError extends Error {
  constructor({ table, column, row }: Place, options: ErrorOptions = {}) {
    super(`what stands in ${table}.${column} of ${row} was not sealed for it`, options);
    this.name = "SealError";
  }
}

/** The blind index of an identity document: equal for the same document, and nothing can be read from it. */
export function blindIndex(
  key: Uint8Array,
  document: { readonly country: string; readonly kind: string; readonly number: string },
): Buffer {
  const number = document.number.replaceAll(/[ -]/g, "").toUpperCase();
  return createHmac("sha256", key)
    .update(JSON.stringify([document.country, document.kind, number]))
    .digest();
}

/** Tells one wrapping key from another without telling anything of it. */
export function keyId(key: Uint8Array): string {
  return createHash("sha256").update("carehub key id").update(key).digest("hex").slice(0, 16);
}

function placeBytes({ table, column, row }: Place): Buffer {
  return Buffer.from(`${table}|${column}|${row}`);
}
