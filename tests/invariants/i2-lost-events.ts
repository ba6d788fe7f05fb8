import type { EventRow, Evidence } from "./evidence.ts";
import { checkConsumers } from "./i2-consumers.ts";
import { checkTopics } from "./i2-topics.ts";
import { type Check, type Invariant, type ServiceName, serviceNames } from "./invariant.ts";
import { openCheck } from "./open-check.ts";

// The row of each aggregate says how many events were told of it.
const aggregates: Readonly<Record<ServiceName, string>> = {
  intake: "select 'referrals/' || id as aggregate, revision, 'referral' as table from referral",
  capacity: `select 'courses/' || id as aggregate, revision, 'course' as table from course
    union all select name, version, 'hub' from hub`,
  agreements: `select 'entitlements/' || id as aggregate, revision, 'entitlement' as table from entitlement
    union all select name, revision, 'agreement' from agreement
    union all select name, revision, 'party' from party`,
  billing: `select 'accounts/' || id as aggregate, revision, 'account' as table from account
    union all select 'statements/' || id, revision, 'statement' from statement`,
};

/** No event is lost: written, numbered, on its topic, taken in by everyone who must know. */
export const noLostEvents: Invariant = {
  id: "I2",
  title: "no lost event",
  check: async (evidence) => [
    await checkRevisions(evidence),
    await checkNumbers(evidence),
    ...checkTopics(evidence),
    ...(await checkConsumers(evidence)),
  ],
};

async function checkRevisions(evidence: Evidence): Promise<Check> {
  const check = openCheck("each revision of an aggregate has its event");
  for (const service of serviceNames) {
    const events = Map.groupBy(evidence.events[service], ({ aggregate }) => aggregate);
    type Row = { aggregate: string; revision: number; table: string };
    const rows = await evidence.query<Row>(service, aggregates[service]);
    for (const { aggregate, revision, table } of rows) {
      check.look(Math.max(revision, 1));
      const told = new Set((events.get(aggregate) ?? []).map((event) => event.revision));
      for (let wanted = 1; wanted <= Math.max(revision, ...told); wanted += 1) {
        const place = { database: service, table, row: aggregate };
        if (!told.has(wanted)) check.add({ ...place, found: `no event of revision ${wanted}` });
        if (wanted > revision)
          check.add({ ...place, found: `is at ${revision}, but an event says ${wanted}` });
      }
      events.delete(aggregate);
    }
    for (const aggregate of events.keys()) {
      check.look();
      const place = { database: service, table: "log.event", row: aggregate };
      check.add({ ...place, found: "events of an aggregate that has no row" });
    }
  }
  return check.close();
}

async function checkNumbers(evidence: Evidence): Promise<Check> {
  const check = openCheck("each event has one number, in the order of its aggregate");
  for (const service of serviceNames) {
    const last = new Map<string, EventRow>();
    for (const event of evidence.events[service].toSorted((a, b) => a.revision - b.revision)) {
      check.look();
      const row = `${event.aggregate} revision ${event.revision}`;
      const place = { database: service, table: "log.published", row };
      if (event.number === null) {
        check.add({ ...place, found: `event ${event.eventId} has no number` });
        continue;
      }
      const before = last.get(event.aggregate);
      if (before !== undefined && (before.number ?? 0) >= event.number)
        check.add({ ...place, found: `number ${event.number} follows ${before.number}` });
      last.set(event.aggregate, event);
    }
    const strays = await evidence.query<{ row: string; found: string }>(service, straysSql);
    for (const stray of strays) check.add({ database: service, table: "log.published", ...stray });
  }
  return check.close();
}

const straysSql = `
  select 'number ' || number as row, 'position ' || position || ' has no event' as found
    from log.published left join log.event using (position) where event.position is null
  union all
  select 'position ' || position, 'waits for a number' from log.pending`;
