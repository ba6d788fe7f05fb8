import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { act } from "./act.ts";
import type { Agenda } from "./agenda.ts";
import { command, type Partner } from "./partner.ts";
import type { Step, Story } from "./story.ts";
import { planTreatment } from "./treat.ts";

/** One story on the stage: which referral it became, and what was heard of it so far. */
export type Performance = {
  readonly story: Story;
  /** The referral's name once it was submitted. */
  referral: string | undefined;
  /** How often each event was heard by each of the two partners. */
  readonly heard: Map<string, number>;
  isClosed: boolean;
};

/** Who plays: the partner of an identity, `ministry/UZ` or `hub/umc-heart`. */
export type PartnerOf = (identity: string) => Partner;

/** Puts the submission of a story on the agenda, under its ministry's own certificate. */
export function stage(story: Story, partnerOf: PartnerOf, agenda: Agenda): Performance {
  const performance: Performance = {
    story,
    referral: undefined,
    heard: new Map(),
    isClosed: false,
  };
  const submit = async () => {
    const ministry = partnerOf(`ministry/${story.ministry}`);
    const request = Object.assign(story.referral, command("referral-coordinator"));
    const { referral } = await ministry.referrals.submitReferral(request);
    performance.referral = referral?.name;
  };
  agenda.add({ at: story.submitAt, act: submit });
  return performance;
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
  for (const step of performance.story.steps) {
    if (step.on !== name || step.as !== role || step.occurrence !== occurrence) continue;
    const perform =
      step.do === "treatPatient"
        ? () => planTreatment(partner, event.referral.replace("referrals/", "courses/"), agenda)
        : () => act(partner, event, step);
    agenda.add({ at: timeOf(entry, step), act: perform });
  }
}

function timeOf({ eventTime }: CaseEntry, { afterHours }: Step): Temporal.Instant {
  const heardAt = Number(eventTime?.seconds ?? 0n) * 1000;
  return Temporal.Instant.fromEpochMilliseconds(heardAt + Math.round(afterHours * 3_600_000));
}
