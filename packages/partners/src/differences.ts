import { toJson } from "@bufbuild/protobuf";
import { CaseEventSchema } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { contains } from "./contains.ts";
import type { Story } from "./story.ts";

type Expected = Pick<Story["expected"], "events" | "shows">;

/** How a case's events differ from what its story expects, in words; empty when they do not. */
export function findDifferences(entries: readonly CaseEntry[], expected: Expected): string[] {
  const missing = missingFrom(entries, expected.events);
  return [
    ...(missing.length === 0 ? [] : [`not found in this order: ${missing.join(", ")}`]),
    ...expected.shows.flatMap((show) => compare(entries, show)),
  ];
}

function compare(
  entries: readonly CaseEntry[],
  { event, occurrence, contains: part }: Expected["shows"][number],
): string[] {
  const entry = entries.filter((each) => nameOf(each) === event)[occurrence - 1];
  if (entry?.event === undefined) return [`${event} ${occurrence}: expected, and not found`];
  const found = (toJson(CaseEventSchema, entry.event) as Record<string, never>)[event];
  if (contains(found, part)) return [];
  const texts = [part, found].map((value) => JSON.stringify(value));
  return [`${event} ${occurrence}: expected ${texts[0]}, found ${texts[1]}`];
}

/** The expected events that are not found, going through the timeline once. */
function missingFrom(entries: readonly CaseEntry[], expected: readonly string[]): string[] {
  let place = 0;
  return expected.filter((name) => {
    const found = entries.findIndex((entry, index) => index >= place && nameOf(entry) === name);
    if (found === -1) return true;
    place = found + 1;
    return false;
  });
}

function nameOf({ event }: CaseEntry): string {
  return event?.event.case ?? "unknown";
}
