import type { Examples } from "@carehub/partners/examples";
import type { Story } from "@carehub/partners/story";

const usual = new Set(["acceptReferral", "guaranteePayment", "treatPatient", "acceptInvoice"]);

/** The first example that is accepted, guaranteed by its ministry, treated and settled, and nothing else. */
export function payingStory({ stories }: Examples): Story {
  const found = stories.find(
    ({ steps, expected }) =>
      expected.settlementState === "SETTLED" &&
      steps.length === usual.size &&
      steps.every((step) => usual.has(step.do)) &&
      steps.some((step) => step.do === "guaranteePayment" && step.as === "ministry"),
  );
  if (found === undefined) throw new Error("no example goes the usual way");
  return found;
}

const special: readonly string[] = ["recordDeposit", "contestInvoiceLines", "deferReferral"];

/** One example of each end, and of what else the books and the waiting lists must bear: a run of them is short. */
export function oneOfEach({ stories }: Examples): Story[] {
  const ends = new Set<string>();
  return stories.filter(({ expected, steps, redirectedFrom }) => {
    const { careState, settlementState, reason, existing } = expected;
    if (redirectedFrom !== undefined || existing !== undefined) return false;
    const kinds = [
      `${careState} ${settlementState} ${reason}`,
      ...steps.map((step) => step.do).filter((action) => special.includes(action)),
    ];
    const isNew = kinds.some((kind) => !ends.has(kind));
    for (const kind of kinds) ends.add(kind);
    return isNew;
  });
}

/** The same story of another patient, that many weeks later. */
export function laterCopy(story: Story, { weeks, mark }: { weeks: number; mark: string }): Story {
  const referral = structuredClone(story.referral);
  const document = referral.identity?.document;
  if (document === undefined) throw new Error(`${story.id} has no document`);
  document.number = `${document.number}-${mark}`;
  referral.placerNumber = `${referral.placerNumber}-${mark}`;
  return {
    ...story,
    referral,
    id: `${story.id}-${mark}`,
    submitAt: story.submitAt.add({ hours: weeks * 7 * 24 }),
    steps: story.steps.map((step) => ({ ...step, with: later(step.with, { weeks, mark }) })),
  };
}

type Fields = Story["steps"][number]["with"];
type ProtoDate = { year: number; month: number; day: number };

// Dates are fields named so; a reference is used once.
function later(fields: Fields, change: { weeks: number; mark: string }): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (name === "reference") return [name, `${value}-${change.mark}`];
      if (name === "validUntilDate") return [name, { year: 2026, month: 12, day: 31 }];
      if (name.endsWith("Date")) return [name, laterDate(value as ProtoDate, change.weeks)];
      if (name === "plan") return [name, later(value as Fields, change)];
      return [name, value];
    }),
  );
}

function laterDate(date: ProtoDate, weeks: number): ProtoDate {
  const { year, month, day } = Temporal.PlainDate.from(date).add({ weeks });
  return { year, month, day };
}
