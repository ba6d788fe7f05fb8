import { CareState } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { otherServices, said } from "../answers.builder.ts";
import {
  anIdentity,
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
const heartCentre = () => intake.as("hub/umc-heart").referrals;
const redirection = { hub: "hubs/astana-proton", reason: "OTHER_SPECIALTY", note: "Ask there." };

async function submitted(differing: Parameters<typeof aSubmission>[0] = {}) {
  const { referral } = await uzbekistan().submitReferral(aSubmission(differing));
  const name = referral?.name ?? "";
  return { name, id: name.slice("referrals/".length) };
}

async function redirected(identity = anIdentity()) {
  const { name, id } = await submitted({ identity });
  await heartCentre().redirectReferral({ ...mutation(), name, ...redirection });
  return { name, id, identity };
}

test("redirects to another hub, where the ministry refers the same patient anew", async () => {
  const { name, id, identity } = await redirected();
  const anew = { identity, hub: redirection.hub, redirectedFrom: name };
  // Not while its seat is still on its way back.
  const early = await refusalOf(uzbekistan().submitReferral(aSubmission(anew)));
  expect(early).toMatchObject({ reason: "OPEN_REFERRAL_EXISTS", metadata: { referral: name } });
  await otherServices(intake).agreements(id, said.seatReleased);
  const { referral: old } = await uzbekistan().getReferral({ name });
  expect(old).toMatchObject({
    careState: CareState.REDIRECTED,
    stateReason: "REDIRECTED",
    redirectedToHub: redirection.hub,
  });
  // The same person by the document's number, whatever name stands beside it.
  const renamed = { ...identity, familyName: "Another" };
  const request = aSubmission({ ...anew, identity: renamed });
  const { referral } = await uzbekistan().submitReferral(request);
  expect(referral).toMatchObject({ redirectedFrom: name, hub: redirection.hub });
  expect((await uzbekistan().submitReferral(request)).referral?.name).toBe(referral?.name);
  const there = intake.as("hub/astana-proton").referrals;
  const seen = await there.getReferral({ name: referral?.name ?? "" });
  expect(seen.referral?.redirectedFrom).toBe(name);
});

test("names what does not fit the referral that was redirected", async () => {
  const { name, id, identity } = await redirected();
  await otherServices(intake).agreements(id, said.seatReleased);
  const hub = redirection.hub;
  const differs = async (differing: Parameters<typeof aSubmission>[0]) => {
    const request = aSubmission({ redirectedFrom: name, hub, identity, ...differing });
    const { reason, metadata } = await refusalOf(uzbekistan().submitReferral(request));
    return [reason, metadata.differs];
  };
  expect(await differs({ hub: "hubs/umc-heart" })).toEqual(["REDIRECTION_MISMATCH", "hub"]);
  expect(await differs({ programme: "x" })).toEqual(["REDIRECTION_MISMATCH", "programme"]);
  // Another document is another patient, although the name is the same.
  const stranger = anIdentity();
  expect(await differs({ identity: stranger })).toEqual(["REDIRECTION_MISMATCH", "patient"]);
});

test("does not find a referral that another ministry had redirected, or that nobody knows", async () => {
  const { name, identity } = await redirected();
  const unknown = "referrals/0198c0de-0000-7000-8000-00000000ffff";
  const kyrgyzstan = intake.as("ministry/KG").referrals;
  for (const redirectedFrom of [name, unknown]) {
    const request = aSubmission({ redirectedFrom, identity, hub: redirection.hub });
    const refusal = await refusalOf(kyrgyzstan.submitReferral(request));
    expect(refusal).toMatchObject({ code: "NOT_FOUND", reason: "REFERRAL_NOT_FOUND" });
  }
});

test("answers a repeated redirection, deferral and resumption with the first reply", async () => {
  const first = { ...mutation(), name: (await submitted()).name, ...redirection };
  const once = await heartCentre().redirectReferral(first);
  expect(await heartCentre().redirectReferral(first)).toEqual(once);
  const { name, id } = await submitted();
  const { agreements, capacity } = otherServices(intake);
  await agreements(id, said.granted);
  await heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan });
  await capacity(id, said.held);
  const deferral = { ...mutation(), name, reason: "NOT_FIT_TO_TRAVEL" };
  const deferred = await uzbekistan().deferReferral(deferral);
  expect(deferred.referral).toMatchObject({
    careState: CareState.DEFERRED,
    deferred: { reason: "NOT_FIT_TO_TRAVEL" },
    progress: { awaitedAnswers: expect.arrayContaining(["CourseStopRequested.DEFERRED@1"]) },
  });
  expect(deferred.referral?.dueTime).toEqual(deferred.referral?.deferred?.resumeByTime);
  expect(await uzbekistan().deferReferral(deferral)).toEqual(deferred);
  await capacity(id, { case: "courseReleased", value: { round: 1, reason: "DEFERRED" } });
  const readyDate = { year: 2030, month: 2, day: 1 };
  const resumption = { ...mutation(), name, readyDate, etag: '"1"' };
  const stale = await refusalOf(heartCentre().resumeReferral(resumption));
  expect(stale).toMatchObject({ code: "ABORTED", reason: "ETAG_MISMATCH" });
  const resumed = await heartCentre().resumeReferral({ ...resumption, etag: "" });
  expect(await heartCentre().resumeReferral({ ...resumption, etag: "" })).toEqual(resumed);
  expect(resumed.referral).toMatchObject({
    careState: CareState.ACCEPTED,
    plan: { readyDate, dueDate: { year: 2030, month: 3, day: 30 } },
    progress: { round: 2, awaitedAnswers: ["CourseRequested@2"] },
  });
  expect(resumed.referral?.deferred).toBeUndefined();
  const { entries } = await heartCentre().getCaseTimeline({ name });
  const kinds = entries.map(({ event, reason }) => `${event?.event.case} ${reason}`);
  expect(kinds.slice(-6)).toEqual([
    ...["entitlementConfirmRequested ", "referralDeferred NOT_FIT_TO_TRAVEL"],
    ...["courseStopRequested DEFERRED", "courseReleased DEFERRED"],
    ...["referralResumed ", "courseRequested "],
  ]);
});
