import { randomUUIDv7 } from "node:crypto";
import { fileURLToPath } from "node:url";
import { declareEnvironment } from "@carehub/database/clock";
import { migrate } from "@carehub/database/migrate";
import { type Database, openDatabase } from "@carehub/database/pool";
import { parseUuid } from "@carehub/rules/ids";
import type { Logger } from "@carehub/runtime/logging";
import pLimit from "p-limit";
import type { Deps } from "./app/capacity-app.ts";
import { createHubLines } from "./app/hub-lines.ts";
import type { QueryDeps } from "./app/queries.ts";
import { createSharedRefusals } from "./app/shared-refusals.ts";
import type { Config } from "./config.ts";
import type { TimedHub } from "./domain/demand.ts";
import {
  publishCourseFact,
  publishExternalsImported,
  publishHubVersion,
  publishOverrideApproved,
} from "./events/published.ts";
import { createHubStore, readHubNames } from "./storage/hub-store.ts";
import { openReads } from "./storage/reads.ts";

/** The folder of this service's migrations. */
export const migrationsFolder = fileURLToPath(new URL("../prisma/migrations", import.meta.url));

// Of the pool's 16 connections the others are for bookings, records and reads.
const holdsAtOnceMax = 12;

/** What of the use cases is seen from outside: refusals, and hubs' versions as they are first read. */
export type Watching = {
  readonly onRefused: (reason: string) => void;
  readonly onHub: (hub: TimedHub) => void;
};

/** The use cases on their database. */
export type OpenCapacity = {
  readonly deps: Deps & QueryDeps;
  readonly close: () => Promise<void>;
};

/** Migrates and opens the database and wires the use cases on it. */
export async function openCapacity(
  { databaseUrl, environment }: Pick<Config, "databaseUrl" | "environment">,
  { logger, watching }: { readonly logger: Logger; readonly watching: Watching },
): Promise<OpenCapacity> {
  await migrate({ url: databaseUrl, serviceMigrations: migrationsFolder });
  const db = openDatabase({ url: databaseUrl, applicationName: "capacity", logger });
  await declareEnvironment(db, environment);
  const open = wireCapacity(db, watching);
  // So that the first hold of a hub does not wait for its document, and its pools show from the start.
  for (const name of await readHubNames(db)) await open.deps.hubs.load(db, name);
  return open;
}

/** Wires the use cases on a database that is up to date. */
export function wireCapacity(db: Database, watching: Watching): OpenCapacity {
  const reads = openReads(db);
  const deps = {
    db,
    reads,
    hubs: createHubStore(watching.onHub),
    publish: {
      courseFact: publishCourseFact,
      hubPublished: publishHubVersion,
      externalsImported: publishExternalsImported,
      overrideApproved: publishOverrideApproved,
    },
    newId: () => parseUuid(randomUUIDv7(), "id"),
    holdTurns: pLimit(holdsAtOnceMax),
    offers: new Map(),
    lines: createHubLines(),
    refusals: createSharedRefusals(),
    onRefused: watching.onRefused,
  };
  const close = async () => {
    await reads.close();
    await db.close();
  };
  return { deps, close };
}
