/**
 * Messages that a consumer could not handle, and those of the same key that wait behind them.
 *
 * Guarantee: from the first dead letter of a key on, every later message of that key waits in
 * order, none overtakes and none is lost; other keys go on. A key is free again only in a
 * transaction that finds nothing of it waiting, and a message is parked only while its key is, so
 * between the two no message is left behind.
 * Not guaranteed: that a replay has its effect once by itself. It goes the consumer's own way, with
 * the message as its source of change; there `seen` makes a second try a duplicate.
 */

import { must } from "@carehub/rules/fault";
import type { Database, Run } from "./pool.ts";

type Runner = { readonly run: Run };

/** A message as it came. */
export type Letter = {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
  readonly messageOffset: bigint;
  readonly key: string;
  /** Unknown where the message could not even be read. */
  readonly aggregate: string | null;
  readonly revision: number | null;
  readonly type: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
};

/** What all messages of one key on one topic wait for. */
export type ParkedKey = {
  readonly consumer: string;
  readonly topic: string;
  readonly key: string;
};

/** `DEAD` failed itself, `PARKED` waits behind one that did, `REPLAYED` was handled since. */
export type LetterState = "DEAD" | "PARKED" | "REPLAYED";

/** A letter as it is kept. */
export type DeadLetter = Letter & {
  readonly id: bigint;
  /** A coded reason: the DomainError's, or the kind of failure. */
  readonly reason: string;
  /** For operators; without personal data. */
  readonly detail: string;
  readonly tries: number;
  readonly state: LetterState;
  readonly createdAt: Temporal.Instant;
};

/**
 * Keeps a message that failed, and parks its key, in one commit. Safe to repeat: the first stays
 * until it is replayed; then its place is free for another, as after a topic was made anew.
 */
export async function buryLetter(
  db: Runner,
  letter: Letter,
  why: { readonly reason: string; readonly detail: string; readonly tries: number },
): Promise<void> {
  await db.run(
    "letter-bury",
    `with kept as (${insertSql} select ${letterValues}, $11, $12, $13, 'DEAD'
       ${replaceReplayed} returning 1)
     insert into log.parked_key (consumer, topic, key) select $1::text, $2::text, $5::text from kept
     on conflict do nothing`,
    [...valuesOf(letter), why.reason, why.detail, why.tries],
  );
}

/**
 * Keeps a message behind its parked key: `parked`; or, when the key is not (or no longer) parked,
 * nothing: `free`, and the consumer handles it. Safe to repeat. Ask it for the keys of
 * `readParkedKeys` and after each burial.
 */
export async function parkLetter(db: Database, letter: Letter): Promise<"parked" | "free"> {
  return await db.transaction("letter-park", async (tx) => {
    // Shared, so that freeKey waits for this commit and then sees its row.
    const locked = await tx.run(
      "letter-park-lock",
      `select from log.parked_key where consumer = $1 and topic = $2 and key = $3 for share`,
      [letter.consumer, letter.topic, letter.key],
    );
    if (locked.length === 0) return "free";
    await tx.run(
      "letter-park",
      `${insertSql} select ${letterValues}, 'KEY_PARKED', '', 0, 'PARKED' ${replaceReplayed}`,
      valuesOf(letter),
    );
    return "parked";
  });
}

/** The keys that a consumer must park at present, at most 10,000. */
export function readParkedKeys(
  db: Runner,
  consumer: string,
): Promise<(ParkedKey & { readonly since: Temporal.Instant })[]> {
  return db.run(
    "parked-keys",
    `select consumer, topic, key, since from log.parked_key where consumer = $1
     order by since limit 10000`,
    [consumer],
  );
}

/** How many letters of a consumer wait, dead or parked. */
export async function countWaiting(db: Runner, consumer: string): Promise<number> {
  const rows = await db.run<{ count: number }>(
    "letters-count",
    `select count(*)::integer as count from log.dead_letter
     where consumer = $1 and state <> 'REPLAYED'`,
    [consumer],
  );
  return must(rows[0], "an aggregate without groups has a row").count;
}

/**
 * Kept letters, newest first: those with an id below `before`, at most `limit`; of one consumer or
 * state if asked.
 */
export function listLetters(
  db: Runner,
  page: {
    readonly before?: bigint;
    readonly limit: number;
    readonly consumer?: string;
    readonly state?: LetterState;
  },
): Promise<DeadLetter[]> {
  return db.run<DeadLetter>(
    "letters-page",
    `select ${letterColumns} from log.dead_letter
     where ($1::bigint is null or id < $1) and ($2::text is null or consumer = $2)
       and ($3::text is null or state = $3)
     order by id desc limit $4`,
    [page.before ?? null, page.consumer ?? null, page.state ?? null, page.limit],
  );
}

/** One letter; undefined where there is none. */
export async function readLetter(db: Runner, id: bigint): Promise<DeadLetter | undefined> {
  const sql = `select ${letterColumns} from log.dead_letter where id = $1`;
  return (await db.run<DeadLetter>("letter-read", sql, [id]))[0];
}

/**
 * What waits of a key, in the order in which it came, at most `limit`. Replay it in this order and
 * stop at a failure.
 */
export function readWaiting(db: Runner, key: ParkedKey, limit: number): Promise<DeadLetter[]> {
  return db.run<DeadLetter>(
    "letters-waiting",
    `select ${letterColumns} from log.dead_letter
     where consumer = $1 and topic = $2 and key = $3 and state <> 'REPLAYED'
     order by partition, message_offset limit $4`,
    [key.consumer, key.topic, key.key, limit],
  );
}

/** Marks a letter as handled, after its change was committed. Safe to repeat. */
export async function markReplayed(db: Runner, id: bigint): Promise<void> {
  await db.run("letter-replayed", "update log.dead_letter set state = 'REPLAYED' where id = $1", [
    id,
  ]);
}

/** Notes why a letter failed in its replay; it and what is behind it go on waiting. */
export async function markFailed(
  db: Runner,
  id: bigint,
  why: { readonly reason: string; readonly detail: string },
): Promise<void> {
  await db.run(
    "letter-failed",
    `update log.dead_letter set state = 'DEAD', reason = $2, detail = $3, tries = tries + 1
     where id = $1 and state <> 'REPLAYED'`,
    [id, why.reason, why.detail],
  );
}

/**
 * Lets a key go on when nothing of it waits: true. False when something does, or came meanwhile.
 */
export async function freeKey(db: Database, key: ParkedKey): Promise<boolean> {
  const values = [key.consumer, key.topic, key.key];
  return await db.transaction("key-free", async (tx) => {
    const where = "where consumer = $1 and topic = $2 and key = $3";
    await tx.run("key-lock", `select from log.parked_key ${where} for update`, values);
    // A statement of its own: its snapshot has what was parked while the lock was awaited.
    const rows = await tx.run<{ waits: boolean }>(
      "key-waits",
      `select exists (select from log.dead_letter ${where} and state <> 'REPLAYED') as waits`,
      values,
    );
    if (must(rows[0], "a select without a table has a row").waits) return false;
    await tx.run("key-free", `delete from log.parked_key ${where}`, values);
    return true;
  });
}

const insertSql = `insert into log.dead_letter (consumer, topic, partition, message_offset, key,
  aggregate, revision, type, headers, payload, reason, detail, tries, state)`;
const letterValues = `$1::text, $2::text, $3::integer, $4::bigint, $5::text,
  $6::text, $7::integer, $8::text, $9::jsonb, $10::bytea`;
// A new id, so that a replay which still holds the old one cannot mark the new letter as handled.
const replaceReplayed = `
  on conflict (consumer, topic, partition, message_offset) do update set
    id = default, key = excluded.key, aggregate = excluded.aggregate, revision = excluded.revision,
    type = excluded.type, headers = excluded.headers, payload = excluded.payload,
    reason = excluded.reason, detail = excluded.detail, tries = excluded.tries,
    state = excluded.state, created_at = excluded.created_at
  where dead_letter.state = 'REPLAYED'`;
const letterColumns = `id, consumer, topic, partition, message_offset as "messageOffset", key,
  aggregate, revision, type, headers, payload, reason, detail, tries, state,
  created_at as "createdAt"`;

function valuesOf(letter: Letter): unknown[] {
  const { consumer, topic, partition, messageOffset, key } = letter;
  const { aggregate, revision, type, headers, payload } = letter;
  return [
    ...[consumer, topic, partition, messageOffset, key],
    ...[aggregate, revision, type, headers, payload],
  ];
}
