/**
 * Applies Prisma migration folders with Prisma's own engine (in WASM): the tables of this package
 * first, in the schema `log` with a history of their own, then a service's in `public`. Safe to
 * repeat, and safe when several processes start at once: one works, the others wait for it and then
 * find nothing to do.
 *
 * Each migration is one transaction: it is there whole or not at all. (The adapter's own way of
 * running a script cuts it at every semicolon, inside functions too, and runs the pieces one by
 * one.) A migration whose text was changed after it had been applied fails the start. Not noticed:
 * a schema changed by hand.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "@carehub/rules/fault";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import pg from "pg";

/** Which migrations go where; the directory holds `<n>_<name>/migration.sql` folders. */
export type Migrations = {
  readonly url: string;
  readonly schema: "log" | "public";
  readonly directory: string;
};

/**
 * Brings a database up to date: the log's migrations, then the service's. Answers the names applied
 * now.
 */
export async function migrate(options: {
  readonly url: string;
  readonly serviceMigrations?: string;
}): Promise<string[]> {
  const { url, serviceMigrations } = options;
  const own = await applyMigrations({ url, schema: "log", directory: ownMigrations });
  if (serviceMigrations === undefined) return own;
  const service = await applyMigrations({ url, schema: "public", directory: serviceMigrations });
  return [...own, ...service];
}

/**
 * Applies the migrations of one schema that are not in its history yet, in the order of their
 * names.
 */
export async function applyMigrations({ url, schema, directory }: Migrations): Promise<string[]> {
  const lock = new pg.Client({ connectionString: url, application_name: "carehub:migrate" });
  lock.on("error", () => undefined); // The engine's own connection fails then too, and says so.
  await lock.connect();
  try {
    await lock.query("select pg_advisory_lock(hashtext('carehub:migrate'))");
    await lock.query(`create schema if not exists ${pg.escapeIdentifier(schema)}`);
    return await runEngine({ url, schema, directory });
  } catch (error) {
    throw new Error(`migrating the schema ${schema} from ${directory} failed`, { cause: error });
  } finally {
    await lock.end();
  }
}

const ownMigrations = fileURLToPath(new URL("../prisma/migrations", import.meta.url));

async function runEngine({ url, schema, directory }: Migrations): Promise<string[]> {
  // Loaded here: 3 MB of WASM that only a start needs.
  const { SchemaEngine } = await import("@prisma/schema-engine-wasm");
  const options = `-c search_path=${schema} -c timezone=UTC`;
  // A pool of ours, since the engine keeps its advisory lock until its connection is closed.
  const pool = new pg.Pool({ connectionString: url, max: 2, options });
  const adapter = bindMigrationAwareSqlAdapterFactory(new WholeScripts(pool, { schema }));
  const engine = await SchemaEngine.new({ datamodels: undefined }, ignoreEngineLog, adapter);
  try {
    const input = {
      migrationsList: await readMigrations(directory),
      filters: { externalTables: [], externalEnums: [] },
    };
    const { appliedMigrationNames } = await engine.applyMigrations(input);
    const history = { ...input, optInToShadowDatabase: false };
    const { editedMigrationNames } = await engine.diagnoseMigrationHistory(history);
    const edited = editedMigrationNames.join(", ");
    assert(edited === "", `no migration changes after it was applied, but these did: ${edited}`);
    return appliedMigrationNames;
  } finally {
    // A timer of the engine's lock stays for 10 s: it delays only a process that would end by
    // itself.
    engine.free();
    await pool.end();
  }
}

class WholeScripts extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    // Several statements in one simple query are one transaction.
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  }
}

function ignoreEngineLog(): void {
  // What matters of it comes back as a result or an error.
}

async function readMigrations(directory: string) {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrationDirectories = await Promise.all(
    names.sort().map(async (name) => {
      const value = await readFile(join(directory, name, "migration.sql"), "utf8");
      const content = { tag: "ok" as const, value };
      return { path: name, migrationFile: { path: "migration.sql", content } };
    }),
  );
  return {
    baseDir: directory,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"' },
    shadowDbInitScript: "",
    migrationDirectories,
  };
}
