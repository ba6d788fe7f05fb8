import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import {
  CareStateSchema,
  SettlementStateSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import type { PartnerOf, Performance } from "./cast.ts";
import type { Partner } from "./partner.ts";

const pageSize = 200;
const pagesMax = 50;

/** One event of a case, as a reader needs it. */
export type TimelineEntry = {
  readonly event: string;
  readonly time: string;
  /** The organisation and the person's reference; a service where it answered by itself. */
  readonly actor: string;
  readonly reason: string;
  readonly traceId: string;
};

/** How a case ended. */
export type End = {
  readonly careState: string;
  readonly settlementState: string;
  readonly reason: string;
};

/** One case of the examples: what was expected, what became of it, and how. */
export type Outcome = {
  readonly id: string;
  readonly title: string;
  readonly referral: string;
  readonly expected: End;
  readonly actual: End;
  readonly isAsExpected: boolean;
  /** Expected events that the timeline lacks, or has in another order. */
  readonly missingEvents: readonly string[];
  readonly timeline: readonly TimelineEntry[];
};

/** Reads what became of a case, as its ministry sees it. */
export async function readOutcome(
  { story, referral: name = "" }: Performance,
  partnerOf: PartnerOf,
): Promise<Outcome> {
  const ministry = partnerOf(`ministry/${story.ministry}`);
  const { referral } = await ministry.referrals.getReferral({ name });
  const timeline = await readTimeline(ministry, name);
  const { events, ...expected } = story.expected;
  const actual = {
    careState: CareStateSchema.value[referral?.careState ?? 0]?.localName ?? "",
    settlementState: SettlementStateSchema.value[referral?.settlementState ?? 0]?.localName ?? "",
    reason: whyOf(timeline) ?? referral?.stateReason ?? "",
  };
  const missingEvents = missingFrom(timeline, events);
  const isSameEnd =
    actual.careState === expected.careState &&
    actual.settlementState === expected.settlementState &&
    actual.reason === expected.reason;
  return {
    id: story.id,
    title: story.title,
    referral: name,
    expected,
    actual,
    isAsExpected: isSameEnd && missingEvents.length === 0,
    missingEvents,
    timeline,
  };
}

/** Events that decide a case, and say why more closely than the state that it leads to. */
const deciding = new Set([
  "entitlementRefused",
  "referralRejected",
  "referralReturned",
  "estimateDeclined",
  "courseUnavailable",
]);

function whyOf(timeline: readonly TimelineEntry[]): string | undefined {
  return timeline.findLast(({ event, reason }) => deciding.has(event) && reason !== "")?.reason;
}

async function readTimeline(ministry: Partner, name: string): Promise<TimelineEntry[]> {
  const timeline: TimelineEntry[] = [];
  let pageToken = "";
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await ministry.referrals.getCaseTimeline({ name, pageSize, pageToken });
    timeline.push(...answer.entries.map(toTimelineEntry));
    pageToken = answer.nextPageToken;
    if (pageToken === "") return timeline;
  }
  throw new Error(`the timeline of ${name} is longer than ${pagesMax * pageSize} events`);
}

function toTimelineEntry(entry: CaseEntry): TimelineEntry {
  const ms = entry.eventTime === undefined ? 0 : timestampMs(entry.eventTime);
  const person = entry.actor === undefined ? "" : ` (${entry.actor.reference})`;
  return {
    event: entry.event?.event.case ?? "unknown",
    time: Temporal.Instant.fromEpochMilliseconds(ms).toString(),
    actor: `${entry.caller}${person}`,
    reason: entry.reason,
    traceId: entry.traceId,
  };
}

/** The expected events that are not found, going through the timeline once. */
function missingFrom(timeline: readonly TimelineEntry[], expected: readonly string[]): string[] {
  let place = 0;
  return expected.filter((name) => {
    const found = timeline.findIndex((entry, index) => index >= place && entry.event === name);
    if (found === -1) return true;
    place = found + 1;
    return false;
  });
}
