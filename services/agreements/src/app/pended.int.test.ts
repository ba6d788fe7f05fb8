import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  eventsOf,
  nextMessage,
  openTestAgreements,
  publishParties,
  publishTexts,
  raiseDues,
  registrar,
  request,
} from "../agreements.builder.ts";
import { aProtocol, aQuota } from "../domain/agreement.builder.ts";
import { moveSeat } from "./move-seat.ts";
import { getDecision, getEntitlement } from "./queries.ts";

let agreements: Awaited<ReturnType<typeof openTestAgreements>>;

beforeAll(async () => {
  agreements = await openTestAgreements();
  await publishParties(agreements.app);
});

afterAll(() => agreements.close());

/** A protocol of its own party with one seat, for which a case waits so many working days. */
async function openQuota(party: string, workingDays: number) {
  const name = `agreements/of-${party.toLowerCase()}`;
  const text = aProtocol({ name, parties: ["parties/KZ", `parties/${party}`] });
  const clauses = text.clauses.map((clause) => {
    if (clause.terms.kind !== "QUOTA_RULE") return clause;
    const pendTime = { ...clause.terms.pendTime, workingDays };
    return { ...clause, terms: { ...clause.terms, pendTime } };
  });
  await publishTexts(agreements.app, { ...text, clauses, quotas: [aQuota(1, 0)] });
  const [holder, waiter] = [randomUUIDv7(), randomUUIDv7()];
  const facts = { sending_party: `parties/${party}` };
  for (const id of [holder, waiter]) await request(agreements.app, id, { facts });
  return { holder, waiter };
}

const decisionOf = async (id: string) => {
  const { decision } = await getEntitlement(agreements.queries, registrar, id);
  return await getDecision(agreements.queries, registrar, decision ?? "");
};

test("a case waits without a promise where the tables of working days end before it", async () => {
  const { waiter } = await openQuota("UZ", 3_000);
  const [event] = await eventsOf(agreements.db, waiter);
  expect(event).toMatchObject({ case: "entitlementPended", value: { place: 1 } });
  expect(event?.value).not.toHaveProperty("promisedDate");
  const { waiting } = await getEntitlement(agreements.queries, registrar, waiter);
  expect(waiting).toEqual({ place: 1, promisedDate: undefined });
});

test("an offer says when it was made, beside what was known when the case was pended", async () => {
  const { holder, waiter } = await openQuota("KG", 5);
  const pended = await decisionOf(waiter);
  const asked = { id: holder, round: 1, move: "RELEASE", reason: "CANCELLED" } as const;
  await moveSeat(agreements.app, asked, nextMessage(holder));
  await raiseDues(agreements.app);
  const offer = await decisionOf(waiter);
  expect([pended.kind, offer.kind]).toEqual(["ENTITLEMENT", "OFFER"]);
  expect(pended.decidedAt.toString()).toBe(pended.knownAt.toString());
  expect(offer.knownAt.toString()).toBe(pended.knownAt.toString());
  expect(Temporal.Instant.compare(offer.decidedAt, pended.decidedAt)).toBe(1);
});
