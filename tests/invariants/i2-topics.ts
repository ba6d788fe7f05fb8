import type { EventRow, Evidence } from "./evidence.ts";
import { type Check, serviceNames } from "./invariant.ts";
import { openCheck } from "./open-check.ts";
import type { TopicMessage } from "./topics.ts";

/** Topics against logs: each event is there with its own bytes, first copies by number, and nothing else is there. */
export function checkTopics(evidence: Evidence): Check[] {
  return [checkPresence(evidence), checkContent(evidence), checkOrder(evidence)];
}

function checkPresence({ events, messages }: Evidence): Check {
  const check = openCheck("each event is on its topic");
  const sent = new Set(messages.map(({ topic, headers }) => `${topic} ${headers.ce_id}`));
  for (const event of serviceNames.flatMap((service) => events[service])) {
    check.look();
    if (sent.has(`${event.topic} ${event.eventId}`)) continue;
    const row = `${event.aggregate} revision ${event.revision}`;
    const found = `event ${event.eventId} (number ${event.number}) is not on ${event.topic}`;
    check.add({ database: event.service, table: "log.event", row, found });
  }
  return check.close();
}

function checkContent({ events, messages }: Evidence): Check {
  const check = openCheck("each message is an event of its topic, in the same bytes");
  const byId = eventsById(events);
  for (const message of messages) {
    check.look();
    const event = byId.get(message.headers.ce_id ?? "");
    const difference = event === undefined ? "no event has this id" : compare(message, event);
    if (difference !== undefined)
      check.add({ ...placeOf(message), found: `${message.headers.ce_id}: ${difference}` });
  }
  return check.close();
}

function compare(message: TopicMessage, event: EventRow): string | undefined {
  const { headers } = message;
  const differences = Object.entries({
    topic: [message.topic, event.topic],
    key: [message.key, event.key],
    ce_aggregate: [headers.ce_aggregate, event.aggregate],
    ce_revision: [headers.ce_revision, `${event.revision}`],
    ce_type: [headers.ce_type, event.type],
    "digest of the bytes": [message.digest, event.digest],
  }).filter(([, [found, wanted]]) => found !== wanted);
  if (differences.length === 0) return undefined;
  return differences
    .map(([what, [found, wanted]]) => `${what} is ${found}, expected ${wanted}`)
    .join("; ");
}

function checkOrder({ events, messages }: Evidence): Check {
  const check = openCheck(
    "first copies stand in the order of their numbers, a key in one partition",
  );
  const byId = eventsById(events);
  const copied = new Set<string>();
  const lastOfPartition = new Map<string, number>();
  const partitionOfKey = new Map<string, number>();
  for (const message of messages) {
    check.look();
    const { topic, partition, key } = message;
    const home = partitionOfKey.get(`${topic} ${key}`) ?? partition;
    partitionOfKey.set(`${topic} ${key}`, home);
    if (home !== partition)
      check.add({ ...placeOf(message), found: `key ${key} is in partition ${home} too` });
    const id = message.headers.ce_id ?? "";
    const number = byId.get(id)?.number;
    if (number === undefined || number === null || copied.has(id)) continue;
    copied.add(id);
    const before = lastOfPartition.get(`${topic} ${partition}`) ?? 0;
    if (number < before)
      check.add({ ...placeOf(message), found: `number ${number} comes after ${before}` });
    lastOfPartition.set(`${topic} ${partition}`, Math.max(number, before));
  }
  return check.close();
}

/** How many messages are further copies of one that is there already. */
export function countDuplicates(messages: readonly TopicMessage[]): number {
  return (
    messages.length - new Set(messages.map((each) => `${each.topic} ${each.headers.ce_id}`)).size
  );
}

function eventsById(events: Evidence["events"]): Map<string, EventRow> {
  return new Map(
    serviceNames.flatMap((service) => events[service].map((event) => [event.eventId, event])),
  );
}

/** A message's place, in the words of a violation. */
export function placeOf({ topic, partition, offset }: TopicMessage) {
  return { database: "kafka", table: topic, row: `partition ${partition} offset ${offset}` };
}
