import { createHash } from "node:crypto";
import { cursorInvalid } from "../app/watch.ts";

const version = 1;
const tagBytes = 7;
const numberAt = 1 + tagBytes;
const cursorBytes = numberAt + 8;

/** A cursor that goes on after a number, and only in the same query of the same caller. */
export function writeCursor(query: readonly string[], number: bigint): string {
  const bytes = Buffer.alloc(cursorBytes);
  bytes.writeUInt8(version, 0);
  tagOf(query).copy(bytes, 1);
  bytes.writeBigInt64BE(number, numberAt);
  return bytes.toString("base64url");
}

/** The number of a cursor, undefined for an empty one; fails with CURSOR_INVALID for any other text. */
export function readCursor(query: readonly string[], cursor: string): bigint | undefined {
  if (cursor === "") return undefined;
  const bytes = Buffer.from(cursor, "base64url");
  if (bytes.length !== cursorBytes) throw cursorInvalid();
  const number = bytes.readBigInt64BE(numberAt);
  if (number < 0n || writeCursor(query, number) !== cursor) throw cursorInvalid();
  return number;
}

/** It says whose cursor it is, and guards nothing: what is read is the caller's own in any case. */
function tagOf(query: readonly string[]): Buffer {
  return createHash("sha256").update(JSON.stringify(query)).digest().subarray(0, tagBytes);
}
