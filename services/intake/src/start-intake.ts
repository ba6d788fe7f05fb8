import { randomUUIDv7 } from "node:crypto";
import { fileURLToPath } from "node:url";
import { declareEnvironment } from "@carehub/database/clock";
import { applyMigrations, migrate } from "@carehub/database/migrate";
import { type Database, openDatabase } from "@carehub/database/pool";
import { watchPublished } from "@carehub/database/published-watch";
import { parseUuid } from "@carehub/rules/ids";
import type { Logger } from "@carehub/runtime/logging";
import { createIntakeApp } from "./app/intake-app.ts";
import type { Config } from "./config.ts";
import { publishCaseEvent } from "./events/published.ts";
import { openKeyStore } from "./storage/key-store.ts";
import { openPatientStore } from "./storage/patient-store.ts";
import { openReferralReads } from "./storage/referral-reads.ts";

const folder = (name: string) => fileURLToPath(new URL(`../prisma/${name}`, import.meta.url));

/** The two migration folders: the service's own database, and that of the patients' keys. */
export const migrationFolders = { intake: folder("migrations"), keys: folder("keys-migrations") };

type Settings = Pick<
  Config,
  "databaseUrl" | "keysDatabaseUrl" | "identityKey" | "blindIndexKey" | "environment"
>;

/** The use cases on their two databases, brought up to date. */
export type OpenIntake = {
  readonly app: ReturnType<typeof createIntakeApp>;
  readonly db: Database;
  /** The patients' keys. */
  readonly keys: Database;
  readonly close: () => Promise<void>;
};

/** Migrates and opens both databases and wires the use cases on them. */
export async function openIntake(config: Settings, logger: Logger): Promise<OpenIntake> {
  await migrate({ url: config.databaseUrl, serviceMigrations: migrationFolders.intake });
  const keysDirectory = migrationFolders.keys;
  await applyMigrations({
    url: config.keysDatabaseUrl,
    schema: "public",
    directory: keysDirectory,
  });
  const db = openDatabase({ url: config.databaseUrl, applicationName: "intake", logger });
  const keysDb = openDatabase({
    url: config.keysDatabaseUrl,
    applicationName: "intake-keys",
    poolSizeMax: keysPoolSize,
    logger,
  });
  await declareEnvironment(db, config.environment);
  const keys = openKeyStore(keysDb, config.identityKey);
  const reads = openReferralReads(db.pool);
  const watch = await watchPublished(db, { logger });
  const app = createIntakeApp({
    ...{ db, keys, reads, watch, logger },
    patients: openPatientStore(db, keys),
    blindIndexKey: config.blindIndexKey,
    publish: publishCaseEvent,
    newId: () => parseUuid(randomUUIDv7(), "id"),
  });
  const close = async () => {
    await watch.close();
    await reads.close();
    await db.close();
    await keysDb.close();
  };
  return { app, db, keys: keysDb, close };
}

const keysPoolSize = 4;
