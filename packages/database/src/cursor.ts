import type { Run } from "./pool.ts";

type Runner = { readonly run: Run };

/** The last number that a reader is done with; 0 before the first. */
export async function readCursor(db: Runner, reader: string): Promise<bigint> {
  const rows = await db.run<{ number: bigint }>(
    "cursor-read",
    "select number from log.cursor where reader = $1",
    [reader],
  );
  return rows[0]?.number ?? 0n;
}

/** Moves a reader's cursor; only forward, so a late reader that lost its place moves nothing. */
export async function moveCursor(db: Runner, reader: string, number: bigint): Promise<void> {
  await db.run(
    "cursor-move",
    `insert into log.cursor as cursor (reader, number) values ($1, $2)
     on conflict (reader) do update set number = excluded.number
     where cursor.number < excluded.number`,
    [reader, number],
  );
}

/**
 * Sets a reader's cursor back, to read all again: an operator's act that rebuilds a topic or an
 * index.
 */
export async function resetCursor(db: Runner, reader: string, number: bigint): Promise<void> {
  await db.run(
    "cursor-reset",
    `insert into log.cursor (reader, number) values ($1, $2)
     on conflict (reader) do update set number = excluded.number`,
    [reader, number],
  );
}

/** Every reader with its cursor, by name. */
export function readCursors(db: Runner): Promise<{ reader: string; number: bigint }[]> {
  return db.run("cursor-all", "select reader, number from log.cursor order by reader");
}
