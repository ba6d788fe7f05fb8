import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CourseEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { CareState } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { otherServices, said } from "../answers.builder.ts";
import {
  aSubmission,
  mutation,
  startIntake,
  type TestIntake,
  wirePlan,
} from "../intake.builder.ts";

let intake: TestIntake;
beforeAll(async () => {
  intake = await startIntake();
});
afterAll(() => intake.close());

type CourseVariant = NonNullable<MessageInitShape<typeof CourseEventSchema>["event"]>;

const date = (day: number) => ({ year: 2030, month: 1, day });
const changes = { number: 2, toSite: "hubs/umc-heart/resources/theatre-2" };
const moved = { round: 1, firstDate: date(22), lastDate: date(30), changes: [changes] };

/** Every change of a treatment that capacity tells of, in an order in which they can come. */
const told: readonly CourseVariant[] = [
  { case: "sessionMissed", value: { number: 1, reason: "MACHINE" } },
  { case: "sessionCorrected", value: { number: 1, reason: "WRONG_TIME" } },
  { case: "sessionPostponed", value: { number: 1, reason: "STAFF" } },
  { case: "courseDisplaced", value: { round: 1, reason: "OUTAGE", sessionNumbers: [2] } },
  { case: "stayExtended", value: { stay: "ward", lastDate: date(29), reason: "CLINICAL" } },
  { case: "courseInterrupted", value: { round: 1, reason: "STAFF", sinceDate: date(21) } },
  { case: "courseMoved", value: { ...moved, reason: "RESUMED" } },
  { case: "courseResumed", value: { round: 1, nextDate: date(22) } },
];

test("passes every change of a treatment on to both partners, and shows where the case stands", async () => {
  const ministry = intake.as("ministry/UZ").referrals;
  const hub = intake.as("hub/umc-heart").referrals;
  const { referral } = await ministry.submitReferral(aSubmission());
  const name = referral?.name ?? "";
  const id = name.slice("referrals/".length);
  const { agreements, capacity } = otherServices(intake);
  await hub.acceptReferral({ ...mutation(), name, plan: wirePlan });
  await agreements(id, said.granted);
  for (const event of [said.held, said.booked, said.started]) await capacity(id, event);
  const states: (CareState | undefined)[] = [];
  for (const event of told) {
    expect(await capacity(id, event)).toBe("done");
    states.push((await ministry.getReferral({ name })).referral?.careState);
  }
  const { IN_TREATMENT, INTERRUPTED } = CareState;
  expect(states).toEqual([
    ...[IN_TREATMENT, IN_TREATMENT, IN_TREATMENT, IN_TREATMENT, IN_TREATMENT],
    ...[INTERRUPTED, INTERRUPTED, IN_TREATMENT],
  ]);
  const { referral: shown } = await hub.getReferral({ name });
  expect(shown?.progress).toMatchObject({ firstDate: date(22), lastDate: date(30) });
  const { entries } = await ministry.getCaseTimeline({ name });
  const last = entries.slice(-told.length).map(({ event }) => event?.event);
  expect(last.map((event) => event?.case)).toEqual(told.map((event) => event.case));
  expect(last[6]).toMatchObject({ value: { reason: "RESUMED", changes: [changes] } });
});
