import { randomUUIDv7 } from "node:crypto";
import { fileURLToPath } from "node:url";
import { declareEnvironment } from "@carehub/database/clock";
import { migrate } from "@carehub/database/migrate";
import { type Database, openDatabase } from "@carehub/database/pool";
import type { Logger } from "@carehub/runtime/logging";
import pLimit from "p-limit";
import type { Agreements } from "./app/agreements.ts";
import type { Queries } from "./app/queries.ts";
import type { Config } from "./config.ts";
import { publishEntitlement, publishRegistry } from "./events/published.ts";
import { openReads } from "./storage/reads.ts";
import { createTextReader } from "./storage/registry-store.ts";

/** The folder of this service's migrations. */
export const migrationsFolder = fileURLToPath(new URL("../prisma/migrations", import.meta.url));

// Of the pool's 16 connections the others are for reads, publications and the relay.
const changesAtOnceMax = 8;

/** The use cases and queries on their database, brought up to date. */
export type OpenAgreements = {
  readonly app: Agreements;
  readonly queries: Queries;
  readonly db: Database;
  readonly close: () => Promise<void>;
};

/** Migrates and opens the database and wires the use cases on it. */
export async function openAgreements(
  { databaseUrl, environment }: Pick<Config, "databaseUrl" | "environment">,
  logger: Logger,
): Promise<OpenAgreements> {
  await migrate({ url: databaseUrl, serviceMigrations: migrationsFolder });
  const db = openDatabase({ url: databaseUrl, applicationName: "agreements", logger });
  await declareEnvironment(db, environment);
  return wireAgreements(db);
}

/** Wires the use cases on a database that is up to date. */
export function wireAgreements(db: Database): OpenAgreements {
  const reads = openReads(db);
  const app: Agreements = {
    db,
    readTexts: createTextReader(),
    turns: pLimit(changesAtOnceMax),
    newId: randomUUIDv7,
    publishEntitlement,
    publishRegistry,
  };
  const close = async () => {
    await reads.$disconnect();
    await db.close();
  };
  return { app, queries: { reads, db }, db, close };
}
