import type { Evidence } from "./evidence.ts";
import { type Check, type ServiceName, serviceNames } from "./invariant.ts";
import { openCheck } from "./open-check.ts";

// Who must hear what: the design's own table, so that a consumer that was forgotten is missed.
const consumers: readonly {
  service: ServiceName;
  consumer: string;
  topic: string;
  of: ServiceName;
}[] = [
  { service: "capacity", consumer: "capacity.cases", topic: "carehub.intake.cases", of: "intake" },
  {
    service: "agreements",
    consumer: "agreements.cases",
    topic: "carehub.intake.cases",
    of: "intake",
  },
  { service: "billing", consumer: "billing.cases", topic: "carehub.intake.cases", of: "intake" },
  {
    service: "intake",
    consumer: "intake.courses",
    topic: "carehub.capacity.courses",
    of: "capacity",
  },
  {
    service: "intake",
    consumer: "intake.entitlements",
    topic: "carehub.agreements.entitlements",
    of: "agreements",
  },
  {
    service: "intake",
    consumer: "intake.accounts",
    topic: "carehub.billing.accounts",
    of: "billing",
  },
];

/** Consumers against logs: everything was taken in, once, and nothing waits or lies dead. */
export async function checkConsumers(evidence: Evidence): Promise<Check[]> {
  return [await checkSeen(evidence), await checkWaiting(evidence), checkEffects(evidence)];
}

type Seen = { readonly consumer: string; readonly aggregate: string; readonly revision: number };

async function checkSeen(evidence: Evidence): Promise<Check> {
  const check = openCheck("each consumer has seen the last revision of each aggregate");
  const rows = new Map<string, number>();
  for (const service of serviceNames) {
    const seen = await evidence.query<Seen>(service, "select * from log.seen");
    for (const row of seen) rows.set(`${service} ${row.consumer} ${row.aggregate}`, row.revision);
  }
  for (const { service, consumer, topic, of } of consumers) {
    const told = evidence.events[of].filter((event) => event.topic === topic);
    for (const [aggregate, events] of Map.groupBy(told, (event) => event.aggregate)) {
      check.look();
      const name = `${service} ${consumer} ${aggregate}`;
      const last = Math.max(...events.map(({ revision }) => revision));
      const seen = rows.get(name) ?? 0;
      rows.delete(name);
      if (seen === last) continue;
      const row = `${consumer} ${aggregate}`;
      check.add({ database: service, table: "log.seen", row, found: `saw ${seen} of ${last}` });
    }
  }
  for (const [name, revision] of rows) {
    const [database = "", ...row] = name.split(" ");
    const found = `saw ${revision} of an aggregate without events for it`;
    check.add({ database, table: "log.seen", row: row.join(" "), found });
  }
  return check.close();
}

async function checkWaiting(evidence: Evidence): Promise<Check> {
  const check = openCheck("nothing waits: no dead letter, parked key, overdue row or late relay");
  for (const database of serviceNames) {
    check.look(evidence.events[database].length);
    type Row = { table: string; row: string; found: string };
    const rows = await evidence.query<Row>(database, waitingSql(database));
    for (const row of rows) check.add({ database, ...row });
  }
  return check.close();
}

const waitingSql = (service: ServiceName) => `
  select 'log.dead_letter' as table, consumer || ' ' || coalesce(aggregate, key) || ' revision ' || coalesce(revision, 0) as row,
    state || ': ' || reason as found from log.dead_letter where state <> 'REPLAYED'
  union all
  select 'log.parked_key', consumer || ' ' || topic || ' ' || key, 'parked since ' || since from log.parked_key
  union all
  select 'log.due', aggregate || ' ' || kind, 'was due at ' || due_at from log.due where due_at <= app.now()
  union all
  select 'log.cursor', reader, 'stands at ' || coalesce(number, 0) || ' of ' || last
    from (values ('relay.${service}')) as wanted (reader) left join log.cursor using (reader),
      (select coalesce(max(number), 0) as last from log.published) as head
    where coalesce(number, 0) <> last`;

/** One message may move several aggregates, each of them once. */
function checkEffects({ events }: Evidence): Check {
  const check = openCheck("a message takes effect once");
  for (const service of serviceNames) {
    const seen = new Map<string, number>();
    for (const { sourceEventId, aggregate, type, revision } of events[service]) {
      // A pool that runs short is told for each pool.
      if (sourceEventId === null || type.endsWith(".CapacityShortfallDetected")) continue;
      check.look();
      const effect = `${sourceEventId} ${aggregate} ${type}`;
      const first = seen.get(effect);
      const found = `event ${sourceEventId} led to ${type} at revision ${first} already`;
      const row = `${aggregate} revision ${revision}`;
      if (first !== undefined) check.add({ database: service, table: "log.event", row, found });
      seen.set(effect, first ?? revision);
    }
  }
  return check.close();
}
