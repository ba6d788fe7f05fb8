import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { createAgenda, keep } from "./agenda.ts";
import { hear, type PartnerOf, type Performance, stage } from "./cast.ts";
import { type Feed, followFeed } from "./feed.ts";
import { nextTime } from "./next-time.ts";
import type { Partner } from "./partner.ts";
import { moveClocks, readQuiescence } from "./sandbox-clock.ts";
import { settleAll } from "./settle.ts";
import type { Story } from "./story.ts";

/** What the rehearsal tells while it runs. */
export type Progress = {
  readonly onEvent?: (story: Story, entry: CaseEntry) => void;
  readonly onClock?: (now: Temporal.Instant) => void;
};

export type Rehearsal = Progress & {
  readonly stories: readonly Story[];
  readonly partnerOf: PartnerOf;
  /** Moves the clocks; any operator. */
  readonly operator: Partner;
  /** The party that is owed, and closes statements at the end: `ministry/KZ`. */
  readonly creditor: Partner;
  /** The zone in which the creditor's days are counted. */
  readonly zone: string;
  readonly signal?: AbortSignal;
};

const pullWaitMs = 20;
const stallMsMax = 30_000;
const roundsMax = 100_000;

/**
 * Plays all stories side by side to their ends: partners answer what they hear in their feeds, and when
 * the platform is quiet the sandbox clock moves to whatever comes next. Then statements are closed and paid.
 * A case that does not end is left as it is once nothing can happen any more.
 */
export async function rehearse(rehearsal: Rehearsal): Promise<Performance[]> {
  const { stories, operator, creditor, partnerOf } = rehearsal;
  const agenda = createAgenda();
  const performances: Performance[] = [];
  const referralOf = (id: string) =>
    performances.find(({ story }) => story.id === id)?.referral ?? "";
  const theatre = { partnerOf, agenda, referralOf };
  performances.push(...stories.map((story) => stage(story, theatre)));
  const feeds = feedsOf(rehearsal);
  const play = { ...rehearsal, agenda, performances, feeds };
  await playUntilDone(play);
  const { now } = await readQuiescence(operator);
  await settleAll(creditor, now.toZonedDateTimeISO(rehearsal.zone).toPlainDate());
  await playUntilDone(play);
  return performances;
}

type Play = Rehearsal & {
  readonly agenda: ReturnType<typeof createAgenda>;
  readonly performances: readonly Performance[];
  readonly feeds: readonly Feed[];
};

async function playUntilDone(play: Play): Promise<void> {
  let quietAnswers = 0;
  let lastActivityAt = performance.now();
  for (let round = 0; round < roundsMax; round += 1) {
    play.signal?.throwIfAborted();
    const heard = await listen(play);
    if (heard > 0) {
      // Where something was just said, more may follow: nobody needs to ask whether all is quiet.
      quietAnswers = 0;
      lastActivityAt = performance.now();
      continue;
    }
    const quiescence = await readQuiescence(play.operator);
    const due = play.agenda.takeDue(quiescence.now);
    await keep(due);
    if (due.length > 0) lastActivityAt = performance.now();
    if (due.length > 0 || !quiescence.isQuiet) {
      quietAnswers = 0;
      if (performance.now() - lastActivityAt > stallMsMax) throw stalled(play);
      continue;
    }
    // A message can pass between two services while each is asked: only the second quiet answer counts.
    quietAnswers += 1;
    if (quietAnswers < 2) continue;
    const isOver = play.performances.every(({ isClosed }) => isClosed);
    const next = nextTime(play.agenda, quiescence, isOver);
    if (next === undefined) return;
    await moveClocks(play.operator, next);
    play.onClock?.(next);
    quietAnswers = 0;
    lastActivityAt = performance.now();
  }
  throw new Error(`not done after ${roundsMax} rounds`);
}

async function listen(play: Play): Promise<number> {
  const pages = await Promise.all(
    play.feeds.map(async (feed) => ({ feed, entries: await feed.pull(pullWaitMs) })),
  );
  for (const { feed, entries } of pages) {
    for (const entry of entries) tell(play, feed.partner, entry);
  }
  return pages.reduce((sum, { entries }) => sum + entries.length, 0);
}

function tell(play: Play, partner: Partner, entry: CaseEntry): void {
  const heard = play.performances.find((each) => each.referral === entry.event?.referral);
  if (heard === undefined) return;
  hear(heard, { entry, partner, agenda: play.agenda });
  if (partner.identity.startsWith("ministry/")) play.onEvent?.(heard.story, entry);
}

function feedsOf({ stories, partnerOf }: Rehearsal): Feed[] {
  const identities = new Set(
    stories.flatMap(({ ministry, referral }) => [
      `ministry/${ministry}`,
      referral.hub.replace("hubs/", "hub/"),
    ]),
  );
  return [...identities].map((identity) => followFeed(partnerOf(identity)));
}

function stalled({ performances }: Play): Error {
  const open = performances.filter((each) => !each.isClosed).map((each) => each.story.id);
  return new Error(
    `for ${stallMsMax / 1000} s work was pending and nothing was heard; open: ${open.join(", ")}`,
  );
}
