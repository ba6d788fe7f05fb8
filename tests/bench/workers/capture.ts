import type { Database } from "@carehub/database/pool";
import type { MessageSource } from "@carehub/database/source";
import { take } from "./things.ts";

/** A statement as the driver is given it. */
export type Captured = { readonly sql: string; readonly values: readonly unknown[] };

/** The values of `captureTake`, by which others find the places of an id and of revisions. */
export const capturedId = "7777777";
export const capturedRevision = 4_242;

/** The one statement of a consumer's commit, caught on its way to a database that is not there. */
export async function captureTake(): Promise<Captured> {
  const before = capturedRevision - 1;
  let commit: Captured | undefined;
  const run = async (name: string, sql: string, values: readonly unknown[] = []) => {
    if (name === "thing-load") return [{ revision: before }];
    if (name === "source-message") return [{ now: Temporal.Now.instant(), seen: before }];
    commit = { sql, values: values.map(toText) };
    return [{ changed: true }];
  };
  const source: MessageSource = {
    kind: "message",
    consumer: "bench.sink",
    topic: "bench.things",
    aggregate: capturedId,
    revision: capturedRevision,
    eventId: "0198c0de-0000-7000-8000-00000000cafe",
    traceId: "0198c0de000070008000000000000001",
  };
  const pool = { ending: true };
  await take({ run, pool } as unknown as Database, source);
  if (commit === undefined) throw new Error("a consumer's commit is one statement");
  return commit;
}

// Only what can be copied to another process.
function toText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toText);
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  return value instanceof Temporal.Instant ? value.toString() : value;
}
