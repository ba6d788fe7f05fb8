import type { EventRow, Evidence } from "./evidence.ts";
import { placeOf } from "./i2-topics.ts";
import { type Check, type Invariant, serviceNames } from "./invariant.ts";
import { openCheck } from "./open-check.ts";

/** What happened to an aggregate is told, heard and applied in one order without a gap. */
export const unbrokenOrder: Invariant = {
  id: "I6",
  title: "unbroken order",
  check: async (evidence) => [checkLogs(evidence), checkTopics(evidence), checkApplied(evidence)],
};

function checkLogs({ events }: Evidence): Check {
  const check = openCheck("an aggregate's events are 1, 2, 3, … in position and time");
  for (const service of serviceNames) {
    for (const [aggregate, told] of Map.groupBy(events[service], (event) => event.aggregate)) {
      let before: EventRow | undefined;
      for (const event of told) {
        check.look();
        const row = `${aggregate} revision ${event.revision}`;
        const place = { database: service, table: "log.event", row };
        const wanted = (before?.revision ?? 0) + 1;
        if (event.revision !== wanted)
          check.add({ ...place, found: `stands where revision ${wanted} belongs` });
        if (before !== undefined && before.occurredMs > event.occurredMs)
          check.add({ ...place, found: `${event.occurredAt} is before ${before.occurredAt}` });
        before = event;
      }
    }
  }
  return check.close();
}

function checkTopics({ messages }: Evidence): Check {
  const check = openCheck("an aggregate's first copies on its topic are 1, 2, 3, …");
  const last = new Map<string, number>();
  for (const message of messages) {
    check.look();
    const { ce_aggregate: aggregate, ce_revision: text } = message.headers;
    const name = `${message.topic} ${aggregate}`;
    const before = last.get(name) ?? 0;
    const revision = Number(text);
    // A copy of what was there before is no news.
    if (revision <= before) continue;
    if (revision !== before + 1)
      check.add({ ...placeOf(message), found: `${aggregate}: ${revision} follows ${before}` });
    last.set(name, revision);
  }
  return check.close();
}

/** What an aggregate did because of another's events it did in the order of those. */
function checkApplied({ events }: Evidence): Check {
  const check = openCheck("effects follow the order of their causes");
  const byId = new Map(
    serviceNames.flatMap((service) => events[service].map((event) => [event.eventId, event])),
  );
  for (const service of serviceNames) {
    const last = new Map<string, EventRow>();
    for (const event of events[service]) {
      const cause = event.sourceEventId === null ? undefined : byId.get(event.sourceEventId);
      if (event.sourceEventId === null) continue;
      check.look();
      const row = `${event.aggregate} revision ${event.revision}`;
      const place = { database: service, table: "log.event", row };
      if (cause === undefined) {
        check.add({ ...place, found: `its cause ${event.sourceEventId} was never told` });
        continue;
      }
      const name = `${event.aggregate} ${cause.aggregate}`;
      const before = last.get(name);
      if (before !== undefined && before.revision > cause.revision)
        check.add({ ...place, found: causes(cause, before) });
      last.set(name, cause);
    }
  }
  return check.close();
}

function causes(cause: EventRow, before: EventRow): string {
  return `follows from ${cause.aggregate} revision ${cause.revision}, after ${before.revision} was applied`;
}
