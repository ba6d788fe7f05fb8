import type { Database } from "@carehub/database/pool";
import { PrismaPg } from "@prisma/adapter-pg";
import { PrismaClient } from "./generated/client.ts";

/** Opens the reads of this service's tables, on the pool of its database. */
export function openReads(db: Database): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(db.pool) });
}
