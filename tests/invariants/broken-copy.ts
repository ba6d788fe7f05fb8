import pg from "pg";
import type { Places } from "./evidence.ts";
import type { DatabaseName } from "./invariant.ts";

/**
 * Breaks a copy of one database by hand and hands out places with that copy in it. What PostgreSQL refuses is made
 * possible: constraints are dropped by the statements themselves, triggers and foreign keys are off.
 */
export async function withBroken<Result>(
  places: Places,
  { database, statements }: { readonly database: DatabaseName; readonly statements: string },
  look: (broken: Places) => Promise<Result>,
): Promise<Result> {
  const original = new URL(places.databases[database]);
  const source = decodeURIComponent(original.pathname.slice(1));
  const copy = `${source}_broken`;
  const url = (name: string): string =>
    Object.assign(new URL(original), { pathname: `/${encodeURIComponent(name)}` }).href;
  const drop = `drop database if exists ${pg.escapeIdentifier(copy)} with (force)`;
  const names = `${pg.escapeIdentifier(copy)} template ${pg.escapeIdentifier(source)}`;
  await run(url("postgres"), [drop, `create database ${names}`]);
  try {
    await run(url(copy), ["set session_replication_role = replica", statements]);
    return await look({ ...places, databases: { ...places.databases, [database]: url(copy) } });
  } finally {
    await run(url("postgres"), [drop]);
  }
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
