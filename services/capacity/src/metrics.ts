import { now } from "@carehub/database/clock";
import type { Database } from "@carehub/database/pool";
import { attributes } from "@carehub/runtime/attributes";
import { counter, gauge } from "@carehub/runtime/meters";
import type { SearchLag } from "./app/search-index.ts";
import { bucketsAt } from "./domain/availability.ts";
import type { TimedHub } from "./domain/demand.ts";
import { minuteOfInstant } from "./domain/hub-time.ts";
import { poolName } from "./domain/names.ts";
import { type Figures, readFigures, readPoolUsage } from "./storage/gauge-store.ts";

const staleMs = 1_000;
const poolAttribute = "carehub.pool";
const refusals = counter("carehub.capacity.refusals", "Courses that were not held, by reason.");

/** Counts a course that was not held. */
export function countRefusal(reason: string): void {
  refusals.add(1, { [attributes.reason]: reason });
}

/** Shows live holds, bookings and courses that wait; answers how to end it. */
export function watchCourses(db: Database): () => void {
  let reading: Promise<Figures> | undefined;
  let readMs = 0;
  // One query for all of its figures.
  const figures = () => {
    if (reading === undefined || performance.now() - readMs > staleMs) {
      readMs = performance.now();
      reading = readFigures(db);
    }
    return reading;
  };
  const gauges = [
    gauge(
      { name: "carehub.capacity.holds", description: "Courses that are held." },
      async () => (await figures()).holds,
    ),
    gauge(
      {
        name: "carehub.capacity.holds.lapsed",
        description: "Holds past their release time that nobody took.",
      },
      async () => (await figures()).lapsed,
    ),
    gauge(
      { name: "carehub.capacity.bookings", description: "Courses booked or in treatment." },
      async () => (await figures()).bookings,
    ),
    gauge(
      { name: "carehub.capacity.waiting", description: "Courses that wait for capacity." },
      async () => (await figures()).waiting,
    ),
    gauge(
      { name: "carehub.capacity.interrupted", description: "Treatments that are interrupted." },
      async () => (await figures()).interrupted,
    ),
  ];
  return () => {
    for (const end of gauges) end();
  };
}

/** Shows how many events the search index is behind, and for how long; answers how to end it. */
export function watchSearchLag(lag: () => SearchLag): () => void {
  const events = gauge(
    {
      name: "carehub.capacity.search.lag",
      description: "Published events that the search index has not read yet.",
    },
    () => lag().events,
  );
  const seconds = gauge(
    {
      name: "carehub.capacity.search.lag.seconds",
      description: "For how long the search index has been behind the newest event.",
    },
    () => lag().seconds,
  );
  return () => {
    events();
    seconds();
  };
}

/** Shows how full each pool is now, from the first time its hub is read. */
export function createPoolWatch() {
  const gauges = new Map<string, () => void>();
  let database: Database | undefined;
  return {
    /** Gauges without a database show nothing. */
    open: (db: Database) => {
      database = db;
    },
    onHub: ({ document, time }: TimedHub) => {
      for (const { id, kind } of document.pools) {
        const pool = poolName(document.name, id);
        // A later version may have another zone; its days are counted by that one.
        gauges.get(pool)?.();
        const read = async () => {
          if (database === undefined) return undefined;
          const buckets = bucketsAt(minuteOfInstant(await now(database)), time);
          return readPoolUsage(database, pool, buckets[kind]);
        };
        const named = {
          name: "carehub.capacity.pool.usage",
          description: "Share of a pool in use now.",
        };
        gauges.set(pool, gauge(named, read, { [poolAttribute]: pool }));
      }
    },
    close: () => {
      for (const end of gauges.values()) end();
    },
  };
}
