import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type Course,
  CoursePriority,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import type { Priority } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import {
  CareState,
  CareStateSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import type { CoursePlanSchema } from "@carehub/contracts/gen/carehub/type/v1/course_plan_pb.ts";
import { command, type Partner } from "@carehub/partners/partner";
import { must } from "@carehub/rules/fault";
import { until } from "@carehub/testing/wait";
import type { Stage } from "./stage.ts";

/** A foreign patient's case, with who sends and who treats. */
export type Case = {
  readonly referral: string;
  readonly course: string;
  readonly ministry: Partner;
  readonly hub: Partner;
};

/** What a hub plans for a patient. */
export type Plan = MessageInitShape<typeof CoursePlanSchema>;

export type Cases = ReturnType<typeof openCases>;

const stepMsMax = 30_000;

/** Takes cases one step at a time, as their partners would. */
export function openCases({ examples, partnerOf }: Stage) {
  let count = 0;
  /** Refers another patient like an example's, with a document and a number of their own; resolves when it may be accepted. */
  const refer = async (example: string, priority?: Priority): Promise<Case> => {
    const story = must(
      examples.stories.find(({ id }) => id.startsWith(example)),
      `there is an example ${example}`,
    );
    count += 1;
    const { $typeName: _, ...request } = structuredClone(story.referral);
    const identity = must(request.identity, "an example has an identity");
    must(identity.document, "an identity has a document").number += `-${count}`;
    const ministry = partnerOf(`ministry/${story.ministry}`);
    const hub = partnerOf(request.hub.replace("hubs/", "hub/"));
    const { referral } = await ministry.referrals.submitReferral({
      ...request,
      placerNumber: `${request.placerNumber}-${count}`,
      priority: priority ?? request.priority,
      ...command("referral-coordinator"),
    });
    const { name } = must(referral, "a referral that was submitted is told");
    const sent = { referral: name, course: name.replace("referrals/", "courses/"), ministry, hub };
    await until(async () => (await read(sent)).progress?.agreement, waitFor("an entitlement"));
    return sent;
  };
  return { refer, accept, guarantee, cancel, reach, read, stateOf, releaseOf };
}

/** Accepts a case with a plan; resolves when its course is held, or waits. */
async function accept(each: Case, plan: Plan): Promise<void> {
  const { hub, referral: name } = each;
  await hub.referrals.acceptReferral({ name, plan, ...command("case-manager") });
  await reach(each, CareState.HELD, CareState.WAITLISTED);
}

/** Guarantees what was estimated; resolves when the course is booked. */
async function guarantee(each: Case): Promise<void> {
  const total = async () => (await read(each)).progress?.estimateTotal;
  const cap = await until(total, waitFor("an estimate"));
  await each.ministry.accounts.guaranteePayment({
    name: each.referral.replace("referrals/", "accounts/"),
    reference: randomUUID(),
    cap,
    validUntilDate: { year: 2026, month: 12, day: 31 },
    budgetReference: "STORIES-2026",
    ...command("payer"),
  });
  await reach(each, CareState.BOOKED);
}

async function cancel(each: Case): Promise<void> {
  const { ministry, referral: name } = each;
  await ministry.referrals.cancelReferral({
    name,
    reason: "CANCELLED",
    ...command("case-manager"),
  });
  await reach(each, CareState.CANCELLED);
}

/** Resolves when the case is in one of these states; answers which. */
async function reach(each: Case, ...states: CareState[]): Promise<CareState> {
  const names = states.map((state) => CareStateSchema.value[state]?.localName).join(" or ");
  return until(
    async () => {
      const { careState } = await read(each);
      return states.includes(careState) && careState;
    },
    waitFor(`${each.referral} to be ${names}`),
  );
}

async function read({ ministry, referral: name }: Case) {
  const { referral } = await ministry.referrals.getReferral({ name });
  return must(referral, "a referral that was submitted is told");
}

async function stateOf(each: Case): Promise<CareState> {
  return (await read(each)).careState;
}

/** Past what time another may take what is held for a case. */
async function releaseOf(each: Case): Promise<Temporal.Instant> {
  const { progress } = await read(each);
  const releaseTime = must(progress?.releaseTime, "a case that is held has a release time");
  return Temporal.Instant.fromEpochMilliseconds(timestampMs(releaseTime));
}

function waitFor(what: string) {
  return { what, limitMs: stepMsMax };
}

const ownAnswerTime = { workingDays: 1, calendars: ["KZ"], graceHours: 0, clause: "" };

/** Holds a course for a hub's own patient. */
export async function hold(
  { courses }: Partner,
  plan: Plan,
  priority: CoursePriority = CoursePriority.ROUTINE,
): Promise<Course> {
  const wish = { plan, priority, answerTime: ownAnswerTime, ...command("case-manager") };
  return must((await courses.holdCourse(wish)).course, "a held course is told");
}

/** Holds and books a course for a hub's own patient. */
export async function book(hub: Partner, plan: Plan, priority?: CoursePriority): Promise<Course> {
  const { name } = await hold(hub, plan, priority);
  const { course } = await hub.courses.bookCourse({ name, ...command("case-manager") });
  return must(course, "a booked course is told");
}

/** Reads courses as a hub sees them, in the order of their names. */
export function readCourses(
  { courses }: Partner,
  names: readonly string[],
): Promise<readonly Course[]> {
  return Promise.all(
    names.toSorted().map(async (name) => {
      const { course } = await courses.getCourse({ name });
      return must(course, "a course that is read is told");
    }),
  );
}
