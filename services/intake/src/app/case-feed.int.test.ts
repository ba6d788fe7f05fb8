import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { otherServices, said } from "../answers.builder.ts";
import {
  actor,
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

const seconds = (count: number) => ({ seconds: BigInt(count), nanos: 0 });

async function submit(identity: string): Promise<string> {
  const { referral } = await intake.as(identity).referrals.submitReferral(aSubmission());
  return referral?.name ?? "";
}

/** Pulls from a cursor until there is nothing more. */
async function pullAll(identity: string, { cursor = "", pageSize = 2 } = {}) {
  const { referrals } = intake.as(identity);
  const entries = [];
  for (let at = cursor; ; ) {
    const page = await referrals.pullCaseEvents({ cursor: at, pageSize });
    entries.push(...page.entries);
    if (page.entries.length === 0 && page.nextCursor === at) return { entries, cursor: at };
    at = page.nextCursor;
  }
}

test("tells a side the events of its own cases, each once, in one order, and goes on from any cursor", async () => {
  const own = [await submit("ministry/UZ"), await submit("ministry/UZ")];
  const others = await submit("ministry/KG");
  const { agreements } = otherServices(intake);
  for (const name of [...own, others]) await agreements(name.slice(10), said.granted);
  const wanted = 6;
  const { referrals } = intake.as("ministry/UZ");
  let numbered = 0;
  for (let cursor = ""; numbered < wanted; ) {
    const page = await referrals.pullCaseEvents({ cursor, maxWait: seconds(5) });
    numbered += page.entries.length;
    cursor = page.nextCursor;
  }
  const { entries } = await pullAll("ministry/UZ");
  expect(entries).toHaveLength(wanted);
  expect(new Set(entries.map(({ event }) => event?.referral))).toEqual(new Set(own));
  const cursors = entries.map(({ cursor }) => BigInt(cursor));
  expect(cursors).toEqual([...new Set(cursors)].sort((one, other) => Number(one - other)));
  for (const name of own) {
    const revisions = entries.filter(({ event }) => event?.referral === name);
    expect(revisions.map(({ event }) => event?.revision)).toEqual([1n, 2n, 3n]);
  }
  for (const [index, { cursor }] of entries.entries()) {
    const rest = await pullAll("ministry/UZ", { cursor });
    expect(rest.entries).toEqual(entries.slice(index + 1));
  }
  const hub = await pullAll("hub/umc-heart");
  expect(new Set(hub.entries.map(({ event }) => event?.referral))).toEqual(
    new Set([...own, others]),
  );
  expect((await pullAll("hub/astana-proton")).entries).toEqual([]);
});

test("shows who acted, with the signature as it was received, in the timeline and in the feed", async () => {
  const signed = { ...actor, onBehalfOf: "E-3", signature: "eyJhbGciOiJFUzI1NiJ9..c2lnbmVk-_" };
  const { referrals } = intake.as("ministry/UZ");
  const { referral } = await referrals.submitReferral(aSubmission({ actor: signed }));
  const name = referral?.name ?? "";
  await otherServices(intake).agreements(name.slice(10), said.granted);
  const timeline = await referrals.getCaseTimeline({ name });
  // A person stands behind the submission, nobody behind another service's answer.
  const actors = [expect.objectContaining(signed), expect.objectContaining(signed), undefined];
  expect(timeline.entries.map((entry) => entry.actor)).toEqual(actors);
  const feed = await until(
    async () => {
      const { entries } = await pullAll("ministry/UZ");
      const own = entries.filter(({ event }) => event?.referral === name);
      return own.length === 3 && own;
    },
    { what: "the submission in the ministry's feed" },
  );
  expect(feed.map((entry) => entry.actor)).toEqual(actors);
});

test("names the service that told by itself what nobody asked for, in the timeline and in the feed", async () => {
  const { referrals } = intake.as("ministry/UZ");
  const { referral } = await referrals.submitReferral(aSubmission());
  const name = referral?.name ?? "";
  const { agreements, capacity, billing } = otherServices(intake);
  await agreements(name.slice(10), said.granted);
  await intake
    .as("hub/umc-heart")
    .referrals.acceptReferral({ ...mutation(), name, plan: wirePlan });
  await capacity(name.slice(10), said.held);
  await billing(name.slice(10), said.estimated);
  const callers = [
    ["referralSubmitted", "ministry/UZ"],
    ["entitlementRequested", "ministry/UZ"],
    ["entitlementGranted", "service/agreements"],
    ["referralAccepted", "hub/umc-heart"],
    ["courseRequested", "hub/umc-heart"],
    ["courseHeld", "service/capacity"],
    ["entitlementConfirmRequested", "service/intake"],
    ["estimateIssued", "service/billing"],
  ];
  const timeline = await referrals.getCaseTimeline({ name });
  expect(timeline.entries.map(({ event, caller }) => [event?.event.case, caller])).toEqual(callers);
  const feed = await until(
    async () => {
      const { entries } = await pullAll("ministry/UZ");
      const own = entries.filter(({ event }) => event?.referral === name);
      return own.length === callers.length && own;
    },
    { what: "the case in the ministry's feed" },
  );
  expect(feed.map(({ event, caller }) => [event?.event.case, caller])).toEqual(callers);
});

test("waits for the first event, and answers soon after it happened", async () => {
  const { cursor } = await pullAll("ministry/KG");
  const { referrals } = intake.as("ministry/KG");
  const waiting = referrals.pullCaseEvents(
    { cursor, maxWait: seconds(20) },
    { deadlineMs: 25_000 },
  );
  // Another side's event wakes the poll but does not end it.
  await submit("ministry/UZ");
  const name = await submit("ministry/KG");
  const startedMs = performance.now();
  const { entries } = await waiting;
  expect(entries[0]?.event?.referral).toBe(name);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test("answers with nothing and a cursor when the time is over", async () => {
  const { cursor } = await pullAll("ministry/UZ");
  const { referrals } = intake.as("ministry/UZ");
  const startedMs = performance.now();
  const page = await referrals.pullCaseEvents({ cursor, maxWait: seconds(1) });
  expect(page.entries).toEqual([]);
  expect(BigInt(page.nextCursor)).toBeGreaterThanOrEqual(BigInt(cursor));
  expect(performance.now() - startedMs).toBeGreaterThan(900);
});
