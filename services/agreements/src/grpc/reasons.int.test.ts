import { randomUUIDv7 } from "node:crypto";
import { clone } from "@bufbuild/protobuf";
import {
  type Agreement,
  AgreementSchema,
} from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import { must } from "@carehub/rules/fault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { request } from "../agreements.builder.ts";
import { type AgreementsReason, agreementsReasons } from "../domain/reasons.ts";
import { command, exampleAgreements, exampleParties, serveExamples } from "./served.builder.ts";

let served: Awaited<ReturnType<typeof serveExamples>>;
const protocolName = "agreements/kz-uz-hubs-2026";
const nobody = "019b0000-0000-7000-8000-00000000ffff";

beforeAll(async () => {
  served = await serveExamples();
});

afterAll(() => served.close());

const registry = () => served.as("operator/registry").registry;
const ministry = () => served.as("ministry/UZ");
const publish = (change: (text: Agreement) => void) => {
  const text = exampleAgreements().find(({ name }) => name === protocolName);
  const agreement = clone(AgreementSchema, must(text, "the protocol is an example"));
  agreement.version = 2;
  change(agreement);
  return registry().publishAgreement({ agreement, ...command() });
};
const party = () => must(exampleParties()[0], "there are parties");

/** How each reason comes about over the wire. */
const calls: Readonly<Record<AgreementsReason, () => Promise<unknown>>> = {
  PAGE_TOKEN_INVALID: () => ministry().entitlements.listQuotas({ pageToken: "nonsense" }),
  AGREEMENT_INVALID: () => publish((text) => void text.tariffs.splice(0)),
  PARTY_INVALID: () =>
    registry().publishParty({ party: { ...party(), timeZone: "Asia/Nowhere" }, ...command() }),
  NOT_THE_REGISTRY: () =>
    served.as("operator/desk").registry.publishParty({ party: party(), ...command() }),
  PARTY_NOT_FOUND: () => ministry().registry.getParty({ name: "parties/ZZ" }),
  AGREEMENT_NOT_FOUND: () => ministry().registry.getAgreement({ name: protocolName, version: 99 }),
  ENTITLEMENT_NOT_FOUND: () =>
    ministry().entitlements.getEntitlement({ name: `entitlements/${nobody}` }),
  DECISION_NOT_FOUND: () => ministry().entitlements.getDecision({ name: `decisions/${nobody}` }),
  QUOTA_NOT_FOUND: () =>
    ministry().entitlements.getQuotaUsage({ quota: `${protocolName}/quotas/none`, period: "2026" }),
  PARTY_UNKNOWN: () => publish(({ parties }) => void parties.push("parties/ZZ")),
  VERSION_NOT_NEXT: () =>
    publish((text) => {
      text.version = 9;
    }),
  LAYER_CHANGED: () =>
    publish((text) => {
      text.layer = 2;
    }),
  SEATS_IN_USE: async () => {
    await request(served.app, randomUUIDv7());
    return publish((text) => {
      const period = must(text.quotas[0]?.periods[0], "there is a period");
      period.seatCount = 0;
      period.setAsides = [];
    });
  },
};

test.each(Object.entries(calls))("refuses with %s under its code", async (reason, call) => {
  const code = agreementsReasons[reason as AgreementsReason];
  const refusal = await call().catch((error: unknown) => error);
  expect(refusal).toMatchObject({ reason, code, domain: "agreements.carehub" });
});

test("has a case for every reason of the table", () => {
  expect(Object.keys(calls).toSorted()).toEqual(Object.keys(agreementsReasons).toSorted());
});
