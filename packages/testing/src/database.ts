import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { inject } from "vitest";

/** What applies the migrations; the run's set-up registers that of @carehub/database. */
export type Migrate = (options: { url: string; serviceMigrations?: string }) => Promise<unknown>;

/** Sets how migrations are applied. Not imported here: @carehub/database's own tests use this package. */
export function registerMigrate(migrate: Migrate): void {
  registered = migrate;
}

let registered: Migrate = () => {
  throw new Error("tests/setup/worker.ts registers what applies migrations; it did not run.");
};

/** A database of one test file. */
export type TestDatabase = {
  url: string;
  /** Drops it; fails, naming them, when connections are still open after the test closed its own. */
  drop(): Promise<void>;
};

/** Only the log's tables of @carehub/database; or these and those of a service's migrations folder. */
export type Migrations = "log" | { service: string };

/**
 * A new database with these migrations; empty without any. It is a copy of a template that the run
 * makes once per set of migrations, whichever test file comes first.
 */
export async function testDatabase({
  migrations,
}: {
  migrations?: Migrations;
} = {}): Promise<TestDatabase> {
  const adminUrl = inject("postgresUrl");
  const name = `test_${inject("runId")}_${randomBytes(5).toString("hex")}`;
  await asAdministrator(adminUrl, async (admin) => {
    const template = migrations === undefined ? "template1" : await makeTemplate(admin, migrations);
    await admin.query(
      `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}`,
    );
    // Below the pool's lock_timeout: else a deadlock ends as a lock timeout and is never counted as one.
    await admin.query(
      `alter database ${escapeIdentifier(name)} set deadlock_timeout = '${deadlockTimeout}'`,
    );
  });
  return { url: databaseUrl(adminUrl, name), drop: () => dropDatabase(adminUrl, name) };
}

/** Drops what a run left on a PostgreSQL that outlives it. */
export function dropDatabasesOfRun(adminUrl: string, runId: string): Promise<void> {
  return asAdministrator(adminUrl, async (admin) => {
    const { rows } = await admin.query<{ name: string }>(
      "select datname as name from pg_database where datname ~ $1",
      [`^(test|template)_${runId}_`],
    );
    for (const { name } of rows) {
      await admin.query(`alter database ${escapeIdentifier(name)} is_template false`);
      await admin.query(`drop database ${escapeIdentifier(name)} with (force)`);
    }
  });
}

// The lock belongs to the session: a worker that dies while it makes the template frees it.
async function makeTemplate(admin: Client, migrations: Migrations): Promise<string> {
  const folder = migrations === "log" ? "" : migrations.service;
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 12);
  const template = `template_${inject("runId")}_${hash}`;
  const lock = `hashtextextended(${escapeLiteral(template)}, 0)`;
  await admin.query(`select pg_advisory_lock(${lock})`);
  try {
    const found = await admin.query(
      "select 1 from pg_database where datname = $1 and datistemplate",
      [template],
    );
    if (found.rowCount === 0) await fillTemplate(admin, template, migrations);
  } finally {
    await admin.query(`select pg_advisory_unlock(${lock})`);
  }
  return template;
}

// Marked as a template only when complete, so that a half-made one is made again.
async function fillTemplate(admin: Client, template: string, chosen: Migrations): Promise<void> {
  const name = escapeIdentifier(template);
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  const url = databaseUrl(inject("postgresUrl"), template);
  await registered(chosen === "log" ? { url } : { url, serviceMigrations: chosen.service });
  await admin.query(`alter database ${name} is_template true`);
}

const closingLimitMs = 2_000;
const deadlockTimeout = "100ms";

// A server process goes on for a moment after its client has closed, so one look is not enough.
async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await asAdministrator(adminUrl, async (admin) => {
    let open = await openConnections(admin, name);
    for (const end = Date.now() + closingLimitMs; open.length > 0 && Date.now() < end; ) {
      await delay(20);
      open = await openConnections(admin, name);
    }
    await admin.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    if (open.length > 0) {
      throw new Error(`${open.length} connections were left open: ${open.join("; ")}`);
    }
  });
}

async function openConnections(admin: Client, database: string): Promise<string[]> {
  const { rows } = await admin.query<{ said: string }>(
    `select application_name || ' (' || coalesce(state, backend_type) || '), last: ' || query as said
       from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
    [database],
  );
  return rows.map((row) => row.said);
}

async function asAdministrator(url: string, work: (admin: Client) => Promise<void>): Promise<void> {
  const admin = new Client({ connectionString: url, application_name: "carehub-testing" });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
