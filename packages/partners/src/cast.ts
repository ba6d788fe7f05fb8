import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { act } from "./act.ts";
import type { Agenda } from "./agenda.ts";
import { command, type Partner } from "./partner.ts";
import type { Step, Story } from "./story.ts";

/** One story on the stage: which referral it became, and what was heard of it so far. */
export type Performance = {
  readonly story: Story;
  /** The referral's name once it was submitted. */
  referral: string | undefined;
  /** Why the platform did not take the referral, and which one it named instead. */
  refusal: { readonly reason: string; readonly existing: string | undefined } | undefined;
  /** How often each event was heard by each of the two partners. */
  readonly heard: Map<string, number>;
  /** What partners were told otherwise than the story tells. */
  readonly surprises: string[];
  isClosed: boolean;
};

/** Who plays: the partner of an identity, `ministry/UZ` or `hub/umc-heart`. */
export type PartnerOf = (identity: string) => Partner;

type Theatre = {
  readonly partnerOf: PartnerOf;
  readonly agenda: Agenda;
  /** The referral that another story became. */
  readonly referralOf: (story: string) => string;
};

/** Puts the submission of a story on the agenda, under its ministry's own certificate. */
export function stage(story: Story, theatre: Theatre): Performance {
  const performance: Performance = {
    story,
    referral: undefined,
    refusal: undefined,
    heard: new Map(),
    surprises: [],
    isClosed: false,
  };
  const { id: key, submitAt: at } = story;
  theatre.agenda.add({ at, key, act: () => submit(performance, theatre) });
  return performance;
}

async function submit(performance: Performance, { partnerOf, referralOf }: Theatre) {
  const { story } = performance;
  const { redirectedFrom: origin } = story;
  const ministry = partnerOf(`ministry/${story.ministry}`);
  const redirectedFrom = origin === undefined ? "" : referralOf(origin);
  const request = { ...story.referral, redirectedFrom, ...command("referral-coordinator") };
  try {
    const { referral } = await ministry.referrals.submitReferral(request);
    performance.referral = referral?.name;
  } catch (error) {
    const { reason, metadata } = refusalOf(error);
    performance.refusal = { reason, existing: metadata.referral };
    performance.isClosed = true;
  }
}

/** Lets a partner answer an event of its feed as the story tells: now or later, by the agenda. */
export function hear(
  performance: Performance,
  { entry, partner, agenda }: { entry: CaseEntry; partner: Partner; agenda: Agenda },
): void {
  const { event } = entry;
  const name = event?.event.case;
  if (event === undefined || name === undefined) return;
  if (name === "caseClosed") performance.isClosed = true;
  const role = partner.identity.startsWith("hub/") ? "hub" : "ministry";
  const occurrence = (performance.heard.get(`${role} ${name}`) ?? 0) + 1;
  performance.heard.set(`${role} ${name}`, occurrence);
  const { story } = performance;
  for (const step of story.steps) {
    if (step.on !== name || step.as !== role || step.occurrence !== occurrence) continue;
    const later = (at: Temporal.Instant, perform: () => Promise<unknown>) => {
      const noting = () => noteRefusal(performance, step, perform);
      agenda.add({ at, key: story.id, act: noting });
    };
    const at = timeOf(entry, step);
    later(at, () => act(partner, { event, story, step, at, later }));
  }
}

/** A refusal that the story does not tell is noted, and so is one that does not come: the others play on. */
async function noteRefusal(
  { surprises }: Performance,
  { do: action, on, expectsReason }: Step,
  perform: () => Promise<unknown>,
): Promise<void> {
  try {
    await perform();
    if (expectsReason === undefined) return;
    surprises.push(`${action} on ${on}: expected ${expectsReason}, and it was done`);
  } catch (error) {
    const { reason, message } = refusalOf(error);
    if (reason === expectsReason) return;
    const expected = expectsReason === undefined ? "" : `expected ${expectsReason}, `;
    surprises.push(`${action} on ${on}: ${expected}found ${message}`);
  }
}

/** Only what a service refuses is part of a story; everything else ends the rehearsal. */
function refusalOf(error: unknown): CallError {
  if (error instanceof CallError && error.reason !== "") return error;
  throw error;
}

function timeOf({ eventTime }: CaseEntry, { afterHours }: Step): Temporal.Instant {
  const heardAt = Number(eventTime?.seconds ?? 0n) * 1000;
  return Temporal.Instant.fromEpochMilliseconds(heardAt + Math.round(afterHours * 3_600_000));
}
