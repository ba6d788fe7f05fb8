import { CareState } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { moveClock } from "@carehub/database/clock";
import { startSweeper } from "@carehub/database/due";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { otherServices, said } from "../answers.builder.ts";
import {
  aSubmission,
  mutation,
  refusalOf,
  startIntake,
  type TestIntake,
  wirePlan,
} from "../intake.builder.ts";

let intake: TestIntake;
beforeAll(async () => {
  intake = await startIntake();
});
afterAll(() => intake.close());

const uzbekistan = () => intake.as("ministry/UZ").referrals;
const releaseAt = Temporal.Instant.from("2030-01-15T19:00:00Z");
const withdrawn = { case: "estimateWithdrawn", value: { round: 1, reason: "ANSWER_OVERDUE" } };

async function priced() {
  const { referral } = await uzbekistan().submitReferral(aSubmission());
  const name = referral?.name ?? "";
  const id = name.slice("referrals/".length);
  const services = otherServices(intake);
  await services.agreements(id, said.granted);
  const accept = { ...mutation(), name, plan: wirePlan };
  await intake.as("hub/umc-heart").referrals.acceptReferral(accept);
  await services.capacity(id, said.held);
  await services.agreements(id, said.confirmed);
  await services.billing(id, said.estimated);
  return { name, id, ...services };
}

async function stateOf(name: string) {
  const { referral } = await uzbekistan().getReferral({ name });
  return referral;
}

async function eventsOf(name: string) {
  const { entries } = await uzbekistan().getCaseTimeline({ name });
  return entries.map(({ event }) => event?.event.case);
}

test("asks billing when the payer's time is over, and its answer decides", async () => {
  const [heard, unheard] = [await priced(), await priced()];
  await moveClock(intake.db, { to: releaseAt });
  const defer = () =>
    uzbekistan().deferReferral({ ...mutation(), name: heard.name, reason: "CLINICAL" });
  const metadata = { stopReason: "ANSWER_OVERDUE", dueTime: releaseAt.toString() };
  expect(await refusalOf(defer())).toMatchObject({ reason: "ANSWER_OVERDUE", metadata });
  const sweeper = startSweeper(intake.db, { raise: intake.app.raise, intervalMs: 20 });
  for (const { name } of [heard, unheard]) {
    const isAsked = async () => {
      const awaited = (await stateOf(name))?.progress?.awaitedAnswers ?? [];
      return awaited.includes("EstimateWithdrawRequested@1");
    };
    await until(isAsked, { what: "billing is asked" });
    expect(await stateOf(name)).toMatchObject({ careState: CareState.HELD, stateReason: "" });
  }
  await sweeper.close();
  expect(await refusalOf(defer())).toMatchObject({ reason: "ANSWER_OVERDUE", metadata });
  await heard.billing(heard.id, said.guaranteed);
  expect((await eventsOf(heard.name)).slice(-3)).toEqual([
    ...["estimateWithdrawRequested", "paymentGuaranteed", "bookingRequested"],
  ]);
  await unheard.billing(unheard.id, withdrawn as Parameters<typeof unheard.billing>[1]);
  await unheard.capacity(unheard.id, {
    case: "courseReleased",
    value: { round: 1, reason: "ANSWER_OVERDUE" },
  });
  await unheard.agreements(unheard.id, said.seatReleased);
  expect(await stateOf(unheard.name)).toMatchObject({
    careState: CareState.EXPIRED,
    stateReason: "ANSWER_OVERDUE",
  });
  expect((await eventsOf(unheard.name)).slice(-8)).toEqual([
    ...["estimateWithdrawRequested", "estimateWithdrawn", "caseStopAsked", "courseStopRequested"],
    ...["courseReleased", "seatRequested", "seatReleased", "caseClosed"],
  ]);
});
