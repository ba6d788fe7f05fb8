import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import {
  CareStateSchema,
  SettlementStateSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import type { PartnerOf, Performance } from "./cast.ts";
import { findDifferences } from "./differences.ts";
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
  /** Empty when the platform did not take it. */
  readonly referral: string;
  readonly expected: End;
  readonly actual: End;
  readonly isAsExpected: boolean;
  /** What else is not as the story tells: events that lack or say something else, refusals. */
  readonly differences: readonly string[];
  readonly timeline: readonly TimelineEntry[];
};

/** Reads what became of every case of a rehearsal. */
export function readOutcomes(
  performances: readonly Performance[],
  partnerOf: PartnerOf,
): Promise<Outcome[]> {
  const referralOf = (id: string) => performances.find(({ story }) => story.id === id)?.referral;
  return Promise.all(performances.map((each) => readOutcome(each, partnerOf, referralOf)));
}

/** Reads what became of a case, as its ministry sees it. */
async function readOutcome(
  performance: Performance,
  partnerOf: PartnerOf,
  referralOf: (story: string) => string | undefined,
): Promise<Outcome> {
  const { story, referral = "", refusal, surprises } = performance;
  const { careState, settlementState, reason, existing } = story.expected;
  const expected = { careState, settlementState, reason };
  const entries = referral === "" ? [] : await readTimeline(partnerOf(senderOf(story)), referral);
  const actual =
    refusal === undefined
      ? await readEnd(partnerOf(senderOf(story)), referral, entries)
      : { careState: "NOT_SUBMITTED", settlementState: "NONE", reason: refusal.reason };
  const differences = [...surprises, ...findDifferences(entries, story.expected)];
  const named = existing === undefined ? undefined : referralOf(existing);
  if (named !== undefined && refusal?.existing !== named) {
    differences.push(`the refusal names ${refusal?.existing || "none"}, and not ${named}`);
  }
  const isSameEnd = Object.entries(expected).every(
    ([key, value]) => actual[key as keyof End] === value,
  );
  const isAsExpected = isSameEnd && differences.length === 0;
  const timeline = entries.map(toTimelineEntry);
  const { id, title } = story;
  return { id, title, referral, expected, actual, isAsExpected, differences, timeline };
}

function senderOf({ ministry }: Performance["story"]): string {
  return `ministry/${ministry}`;
}

async function readEnd(
  ministry: Partner,
  name: string,
  entries: readonly CaseEntry[],
): Promise<End> {
  if (name === "") return { careState: "NOT_SUBMITTED", settlementState: "NONE", reason: "" };
  const { referral } = await ministry.referrals.getReferral({ name });
  const careState = CareStateSchema.value[referral?.careState ?? 0]?.localName ?? "";
  const why = refusedStates.has(careState) ? whyOf(entries) : undefined;
  return {
    careState,
    settlementState: SettlementStateSchema.value[referral?.settlementState ?? 0]?.localName ?? "",
    reason: why ?? referral?.stateReason ?? "",
  };
}

/** States to which an answer led that says why more closely. */
const refusedStates = new Set(["REFUSED", "REJECTED", "RETURNED", "REDIRECTED"]);

const deciding = new Set([
  "entitlementRefused",
  "referralRejected",
  "referralReturned",
  "referralRedirected",
  "estimateDeclined",
  "courseUnavailable",
]);

function whyOf(entries: readonly CaseEntry[]): string | undefined {
  return entries.findLast((entry) => deciding.has(nameOf(entry)) && entry.reason !== "")?.reason;
}

async function readTimeline(ministry: Partner, name: string): Promise<CaseEntry[]> {
  const entries: CaseEntry[] = [];
  let pageToken = "";
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await ministry.referrals.getCaseTimeline({ name, pageSize, pageToken });
    entries.push(...answer.entries);
    pageToken = answer.nextPageToken;
    if (pageToken === "") return entries;
  }
  throw new Error(`the timeline of ${name} is longer than ${pagesMax * pageSize} events`);
}

function toTimelineEntry(entry: CaseEntry): TimelineEntry {
  const ms = entry.eventTime === undefined ? 0 : timestampMs(entry.eventTime);
  const person = entry.actor === undefined ? "" : ` (${entry.actor.reference})`;
  return {
    event: nameOf(entry),
    time: Temporal.Instant.fromEpochMilliseconds(ms).toString(),
    actor: `${entry.caller}${person}`,
    reason: entry.reason,
    traceId: entry.traceId,
  };
}

function nameOf({ event }: CaseEntry): string {
  return event?.event.case ?? "unknown";
}
