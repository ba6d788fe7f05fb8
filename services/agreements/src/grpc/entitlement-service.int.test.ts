import { randomUUIDv7 } from "node:crypto";
import {
  Decision_Outcome as Outcome,
  Entitlement_SeatState as SeatState,
  Entitlement_State as State,
} from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_pb.ts";
import { must } from "@carehub/rules/fault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventsOf, request, unbalanced } from "../agreements.builder.ts";
import type { Facts } from "../domain/facts.ts";
import { serveExamples } from "./served.builder.ts";

let served: Awaited<ReturnType<typeof serveExamples>>;
const protocolName = "agreements/kz-uz-hubs-2026";
const heartQuota = `${protocolName}/quotas/heart-surgery`;

beforeAll(async () => {
  served = await serveExamples();
});

afterAll(() => served.close());

const aCase = async (facts: Facts) => {
  const id = randomUUIDv7();
  await request(served.app, id, { facts });
  return id;
};

test("a covered child is granted under the protocol, an uncovered adult refused with every clause", async () => {
  const { entitlements } = served.as("ministry/UZ");
  const [child, adult] = [
    await aCase({ residence_region: "UZ-QR", age_years: 3, priority: "URGENT" }),
    await aCase({ diagnosis_code: "I25.1", age_years: 65 }),
  ];
  const { entitlement } = await entitlements.getEntitlement({ name: `entitlements/${child}` });
  expect(entitlement).toMatchObject({
    state: State.GRANTED,
    seatState: SeatState.RESERVED,
    seat: { quota: heartQuota, period: "2026", setAside: "UZ-QR" },
    referral: `referrals/${child}`,
  });
  const granted = await entitlements.getDecision({ name: must(entitlement?.decision, "decided") });
  expect(granted.decision).toMatchObject({
    outcome: Outcome.GRANTED,
    agreement: protocolName,
    decideTime: granted.decision?.knownAtTime,
    payers: [{ party: "parties/UZ", shareBasisPoints: 10_000 }],
    facts: { residence_region: "UZ-QR", age_years: "3" },
  });
  const refused = await entitlements.getEntitlement({ name: `entitlements/${adult}` });
  const { decision } = await entitlements.getDecision({
    name: must(refused.entitlement?.decision, "decided"),
  });
  expect(decision).toMatchObject({ outcome: Outcome.REFUSED, reason: "DIAGNOSIS_NOT_COVERED" });
  expect(decision?.agreements.map(({ agreement, covers }) => [agreement, covers])).toEqual([
    [protocolName, false],
    ["agreements/kz-kg-tj-uz-medical-aid-1998", false],
  ]);
  expect(decision?.agreements[0]?.clauses[0]?.result).toMatchObject({
    clause: `${protocolName}/clauses/congenital-heart`,
    result: "NOT_SATISFIED",
    missingFacts: ["diagnosis_code", "age_years"],
  });
  const replayed = await entitlements.replayDecision({ name: must(decision?.name, "named") });
  expect(replayed).toMatchObject({ same: true, decision: { reason: "DIAGNOSIS_NOT_COVERED" } });
});

test("the treaties alone let no state pay: before a protocol there is no agreement", async () => {
  for (const country of ["KG", "TJ", "UZ"]) {
    const from = { sending_party: `parties/${country}`, citizenship: country };
    const id = await aCase({ ...from, residence_country: country, referral_date: "2025-12-30" });
    const [event] = await eventsOf(served.db, id);
    expect(event).toMatchObject({ case: "entitlementRefused", value: { reason: "NO_AGREEMENT" } });
  }
});

test("adults with a chordoma are covered for protons, those with a lymphoma are not", async () => {
  const proton = { programme: "proton-therapy", hub: "hubs/astana-proton", age_years: 44 };
  const chordoma = await aCase({ ...proton, diagnosis_code: "C41.0" });
  const lymphoma = await aCase({ ...proton, diagnosis_code: "C83.3" });
  const anaemia = await aCase({ ...proton, diagnosis_code: "D50.0" });
  expect((await eventsOf(served.db, chordoma))[0]).toMatchObject({
    case: "entitlementGranted",
    value: { currencyCode: "USD", creditor: "parties/KZ" },
  });
  for (const id of [lymphoma, anaemia]) {
    expect((await eventsOf(served.db, id))[0]?.value).toMatchObject({
      reason: "DIAGNOSIS_NOT_COVERED",
    });
  }
});

test("what a party may not see is not found, on every method", async () => {
  const id = await aCase({ age_years: 9 });
  const name = `entitlements/${id}`;
  const { entitlement } = await served.as("ministry/UZ").entitlements.getEntitlement({ name });
  const decision = { name: must(entitlement?.decision, "decided") };
  const usage = { quota: heartQuota, period: "2026" };
  const notFound = (reason: string) => ({ code: "NOT_FOUND", reason });
  for (const foreign of ["ministry/KG", "ministry/RU"] as const) {
    const { entitlements, registry } = served.as(foreign);
    await expect(entitlements.getEntitlement({ name })).rejects.toMatchObject(
      notFound("ENTITLEMENT_NOT_FOUND"),
    );
    await expect(entitlements.getDecision(decision)).rejects.toMatchObject(
      notFound("DECISION_NOT_FOUND"),
    );
    await expect(entitlements.replayDecision(decision)).rejects.toMatchObject(
      notFound("DECISION_NOT_FOUND"),
    );
    await expect(entitlements.getQuotaUsage(usage)).rejects.toMatchObject(
      notFound("QUOTA_NOT_FOUND"),
    );
    expect((await entitlements.listQuotas({ agreement: protocolName })).quotas).toEqual([]);
    await expect(registry.getAgreement({ name: protocolName })).rejects.toMatchObject(
      notFound("AGREEMENT_NOT_FOUND"),
    );
    const { agreements } = await registry.listAgreements({});
    expect(agreements.map((found) => found.name)).not.toContain(protocolName);
  }
  await expect(
    served.as("ministry/RU").registry.getParty({ name: "parties/UZ" }),
  ).rejects.toMatchObject(notFound("PARTY_NOT_FOUND"));
  await expect(
    served.as("ministry/KZ").entitlements.getEntitlement({ name }),
  ).rejects.toMatchObject(notFound("ENTITLEMENT_NOT_FOUND"));
  await expect(
    served.as("hub/astana-proton").entitlements.getEntitlement({ name }),
  ).rejects.toMatchObject(notFound("ENTITLEMENT_NOT_FOUND"));
});

test("those concerned see it: the hub, the operators, the other signatory its quotas", async () => {
  const id = await aCase({ age_years: 8 });
  const name = `entitlements/${id}`;
  for (const identity of ["hub/umc-heart", "operator/desk", "ministry/UZ"] as const) {
    const { entitlement } = await served.as(identity).entitlements.getEntitlement({ name });
    expect(entitlement?.name).toBe(name);
  }
  const { registry, entitlements } = served.as("ministry/KZ");
  const { quotas } = await entitlements.listQuotas({});
  expect(quotas.every(({ balanced }) => balanced)).toBe(true);
  expect(quotas.map(({ quota }) => quota)).toContain(heartQuota);
  // The quotas of three protocols, and those of its own for a signatory of one.
  expect(quotas).toHaveLength(10);
  expect((await served.as("ministry/KG").entitlements.listQuotas({})).quotas).toHaveLength(3);
  expect((await registry.getParty({ name: "parties/UZ" })).party?.currencyCode).toBe("UZS");
  const hub = served.as("hub/umc-heart").registry;
  expect((await hub.getAgreement({ name: protocolName })).agreement?.name).toBe(protocolName);
  expect((await hub.listAgreements({})).agreements.map((found) => found.name)).toEqual([
    "agreements/kz-kg-hubs-2026",
    "agreements/kz-tj-hubs-2026",
    protocolName,
  ]);
});

test("a quota's usage counts its seats by part, and the sums of its postings agree", async () => {
  const { entitlements } = served.as("ministry/UZ");
  const { usage } = await entitlements.getQuotaUsage({ quota: heartQuota, period: "2026" });
  expect(usage).toMatchObject({ balanced: true, firstDate: { year: 2026, month: 1, day: 1 } });
  const parts = must(usage, "the quota is there").parts;
  expect(parts.map(({ setAside, grantedCount }) => [setAside, grantedCount])).toEqual([
    ["", 7],
    ["UZ-QR", 3],
  ]);
  for (const { grantedCount, availableCount, reservedCount } of parts) {
    expect(availableCount + reservedCount).toBe(grantedCount);
  }
  expect(await unbalanced(served.db)).toEqual([]);
});

test("lists are paged by tokens that belong to their query", async () => {
  const { registry, entitlements } = served.as("operator/desk");
  const first = await registry.listAgreements({ pageSize: 4 });
  const rest = await registry.listAgreements({ pageSize: 4, pageToken: first.nextPageToken });
  expect([first.agreements.length, rest.agreements.length, rest.nextPageToken]).toEqual([4, 2, ""]);
  const quotas = await entitlements.listQuotas({ pageSize: 1 });
  const more = await entitlements.listQuotas({ pageSize: 1, pageToken: quotas.nextPageToken });
  expect(more.quotas[0]?.quota).not.toBe(quotas.quotas[0]?.quota);
  for (const pageToken of [first.nextPageToken, "bm90IGEgdG9rZW4"]) {
    await expect(entitlements.listQuotas({ pageToken })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "PAGE_TOKEN_INVALID",
    });
  }
  await expect(registry.listAgreements({ pageSize: -1 })).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
  });
});
