import type { Database } from "@carehub/database/pool";
import { PrismaPg } from "@prisma/adapter-pg";
import type { CourseState, StoredCourse } from "../domain/course.ts";
import type { Hub, HubDocument } from "../domain/hub.ts";
import { toStoredCourse } from "./course-store.ts";
import { readFacts } from "./facts.ts";
import type { Course as CourseRecord, Hub as HubRecord } from "./generated/client.ts";
import { PrismaClient } from "./generated/client.ts";

/** Which courses to list; exactly one of hub and party says whose. */
export type CourseFilter = {
  readonly hub?: string;
  readonly sendingParty?: string;
  readonly state: CourseState | undefined;
  readonly size: number;
  readonly after: { readonly createdMs: number; readonly id: string } | undefined;
};

/** What Get and List read, by Prisma on the service's own pool. */
export type Reads = {
  readonly hub: (name: string) => Promise<Hub | undefined>;
  readonly hubs: (page: {
    readonly size: number;
    readonly after: string | undefined;
    readonly programme: string;
  }) => Promise<Hub[]>;
  readonly courses: (filter: CourseFilter) => Promise<StoredCourse[]>;
  readonly close: () => Promise<void>;
};

/** Opens the reads; the pool stays the database's to close. */
export function openReads(db: Database): Reads {
  const prisma = new PrismaClient({ adapter: new PrismaPg(db.pool) });
  return {
    hub: async (name) => {
      const found = await prisma.hub.findUnique({ where: { name } });
      return found === null ? undefined : toHub(found);
    },
    hubs: async ({ size, after, programme }) => {
      const found = await prisma.hub.findMany({
        where: {
          ...(after === undefined ? {} : { name: { gt: after } }),
          ...(programme === "" ? {} : { programmes: { has: programme } }),
        },
        orderBy: { name: "asc" },
        take: size,
      });
      return found.map(toHub);
    },
    courses: async ({ hub, sendingParty, state, size, after }) => {
      if (hub === undefined && sendingParty === undefined) return [];
      const found = await prisma.course.findMany({
        where: {
          ...(hub === undefined ? { NOT: { hub: "" } } : { hub }),
          ...(sendingParty === undefined ? {} : { sendingParty }),
          ...(state === undefined ? {} : { state }),
          ...(after === undefined ? {} : { OR: earlierThan(after) }),
        },
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        take: size,
      });
      return found.map(toCourse);
    },
    close: () => prisma.$disconnect(),
  };
}

function earlierThan({ createdMs, id }: { createdMs: number; id: string }) {
  const createdAt = new Date(createdMs);
  return [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }];
}

function toHub({ document, version, createdAt, updatedAt }: HubRecord): Hub {
  return {
    document: readFacts<HubDocument>(JSON.stringify(document)),
    version,
    createdAt: createdAt.toTemporalInstant(),
    updatedAt: updatedAt.toTemporalInstant(),
  };
}

function toCourse(record: CourseRecord): StoredCourse {
  return toStoredCourse({
    id: record.id,
    hub: record.hub,
    revision: record.revision,
    sending_party: record.sendingParty,
    state: record.state as CourseState,
    round: record.round,
    closed: record.closed,
    facts: JSON.stringify(record.facts),
    created_at: record.createdAt.toTemporalInstant(),
    updated_at: record.updatedAt.toTemporalInstant(),
  });
}
