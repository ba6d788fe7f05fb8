import { randomUUIDv7 } from "node:crypto";
import { fileURLToPath } from "node:url";
import { declareEnvironment } from "@carehub/database/clock";
import { migrate } from "@carehub/database/migrate";
import { type Database, openDatabase } from "@carehub/database/pool";
import { parseUuid } from "@carehub/rules/ids";
import type { Logger } from "@carehub/runtime/logging";
import pLimit from "p-limit";
import { type AccountCommands, createAccountCommands } from "./app/account-commands.ts";
import { changesAtOnceMax } from "./app/billing-app.ts";
import { type CaseRequests, createCaseRequests } from "./app/case-requests.ts";
import { createQueries, type Queries } from "./app/queries.ts";
import { createStatementCommands, type StatementCommands } from "./app/statement-commands.ts";
import type { Config } from "./config.ts";
import { publishAccountEvent, publishStatementEvent } from "./events/published.ts";
import { openReads } from "./storage/reads.ts";

/** The folder of this service's migrations. */
export const migrationsFolder = fileURLToPath(new URL("../prisma/migrations", import.meta.url));

/** The use cases on their database. */
export type OpenBilling = {
  readonly accounts: AccountCommands;
  readonly statements: StatementCommands;
  readonly requests: CaseRequests;
  readonly queries: Queries;
  readonly db: Database;
  readonly close: () => Promise<void>;
};

/** Migrates and opens the database and wires the use cases on it. */
export async function openBilling(
  { databaseUrl, environment }: Pick<Config, "databaseUrl" | "environment">,
  logger: Logger,
): Promise<OpenBilling> {
  await migrate({ url: databaseUrl, serviceMigrations: migrationsFolder });
  const db = openDatabase({ url: databaseUrl, applicationName: "billing", logger });
  await declareEnvironment(db, environment);
  return wireBilling(db);
}

/** Wires the use cases on a database that is up to date. */
export function wireBilling(db: Database): OpenBilling {
  const reads = openReads(db);
  const deps = {
    db,
    inTurn: pLimit(changesAtOnceMax),
    publish: { accountEvent: publishAccountEvent, statementEvent: publishStatementEvent },
    newId: () => parseUuid(randomUUIDv7(), "id"),
  };
  const close = async () => {
    await reads.$disconnect();
    await db.close();
  };
  return {
    accounts: createAccountCommands(deps),
    statements: createStatementCommands(deps),
    requests: createCaseRequests(deps),
    queries: createQueries(reads),
    db,
    close,
  };
}
