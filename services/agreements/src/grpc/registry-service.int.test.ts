import { randomUUIDv7 } from "node:crypto";
import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Agreement,
  AgreementSchema,
} from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import { DateSchema } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { must } from "@carehub/rules/fault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { request } from "../agreements.builder.ts";
import {
  command,
  exampleAgreements,
  exampleParties,
  readExamples,
  serveExamples,
} from "./served.builder.ts";

let served: Awaited<ReturnType<typeof serveExamples>>;
const protocolName = "agreements/kz-uz-hubs-2026";
const heartQuota = `${protocolName}/quotas/heart-surgery`;
const startedMs = Date.now() - 60_000;

beforeAll(async () => {
  served = await serveExamples();
});

afterAll(() => served.close());

const protocol = (change: (text: Agreement) => void) => {
  const text = exampleAgreements().find(({ name }) => name === protocolName);
  const copy = clone(AgreementSchema, must(text, "the protocol is an example"));
  change(copy);
  return copy;
};
const publish = (agreement: Agreement) =>
  served.as("operator/registry").registry.publishAgreement({ agreement, ...command() });

test("every example was published, and says whether it is real and where it stands", async () => {
  const { registry } = served.as("operator/desk");
  const { agreements } = await registry.listAgreements({});
  expect(agreements.map(({ name, version }) => [name, version])).toEqual([
    ["agreements/cis-medical-aid-1997", 1],
    ["agreements/kz-kg-hubs-2026", 1],
    ["agreements/kz-kg-tj-uz-medical-aid-1998", 1],
    ["agreements/kz-ru-paid-proton-2026", 1],
    ["agreements/kz-tj-hubs-2026", 1],
    [protocolName, 1],
  ]);
  const [cis] = agreements;
  expect(cis?.signatureDate).toMatchObject({ year: 1997, month: 3, day: 27 });
  for (const folder of ["parties", "agreements"] as const) {
    for (const [, document] of readExamples(folder)) {
      expect(document).toMatchObject({ source: expect.any(String) });
      expect(document.illustrative).toBe("agreement" in document && isInvented(document));
    }
  }
});

const isInvented = ({ agreement }: { agreement: unknown }) =>
  (agreement as { legalSource: string }).legalSource === "Illustrative";

test("a published text comes back as it was, and repeats of the request change nothing", async () => {
  const { registry } = served.as("ministry/UZ");
  const { agreement } = await registry.getAgreement({ name: protocolName });
  const given = must(
    exampleAgreements().find(({ name }) => name === protocolName),
    "the protocol is an example",
  );
  expect(agreement?.clauses.map(({ id, condition }) => [id, condition])).toEqual(
    given.clauses.map(({ id, condition }) => [id, condition]),
  );
  expect(agreement?.tariffs).toEqual(given.tariffs);
  expect(agreement?.quotas).toEqual(given.quotas);
  const twice = {
    agreement: protocol((text) => {
      text.version = 2;
    }),
    ...command(),
  };
  const registrar = served.as("operator/registry").registry;
  const first = await registrar.publishAgreement(twice);
  expect(await registrar.publishAgreement(twice)).toEqual(first);
});

test("an agreement is told as it was known at a time", async () => {
  const { registry } = served.as("ministry/UZ");
  const known = async (version: number) => {
    const { agreement } = await registry.getAgreement({ name: protocolName, version });
    return must(agreement?.knownFromTime, "a published version is known from a time");
  };
  const { agreement } = await registry.getAgreement({
    name: protocolName,
    knownAtTime: await known(1),
  });
  expect(agreement?.version).toBe(1);
  const before = { name: protocolName, knownAtTime: timestampFromMs(startedMs) };
  await expect(registry.getAgreement(before)).rejects.toMatchObject({
    reason: "AGREEMENT_NOT_FOUND",
  });
});

test("only the registry publishes", async () => {
  const agreement = protocol((text) => {
    text.version = 3;
  });
  const desk = served.as("operator/desk").registry;
  await expect(desk.publishAgreement({ agreement, ...command() })).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
    reason: "NOT_THE_REGISTRY",
  });
  const [party] = exampleParties();
  await expect(
    desk.publishParty({ party: must(party, "a party"), ...command() }),
  ).rejects.toMatchObject({ reason: "NOT_THE_REGISTRY" });
  const ministry = served.as("ministry/UZ").registry;
  await expect(ministry.publishAgreement({ agreement, ...command() })).rejects.toMatchObject({
    reason: "ROLE_NOT_ALLOWED",
  });
});

test("a bad condition is refused with its clause and column", async () => {
  const bad = protocol((text) => {
    text.version = 3;
    must(text.clauses[0], "there is a clause").condition = 'citizenship == "UZ" && ages < 18';
  });
  await expect(publish(bad)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "AGREEMENT_INVALID",
    violations: [
      {
        field: "agreement.clauses[0].condition",
        description: "clause congenital-heart, column 24: no fact is named ages",
      },
    ],
  });
});

test("a publication that does not follow on is refused with what was expected", async () => {
  const wrongVersion = protocol((text) => {
    text.version = 7;
  });
  await expect(publish(wrongVersion)).rejects.toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "VERSION_NOT_NEXT",
    metadata: { expected: "3" },
  });
  const stranger = protocol((text) => {
    text.version = 3;
    text.parties.push("parties/AZ");
  });
  await expect(publish(stranger)).rejects.toMatchObject({
    reason: "PARTY_UNKNOWN",
    metadata: { parties: "parties/AZ" },
  });
  const otherLayer = protocol((text) => {
    text.version = 3;
    text.layer = 2;
  });
  await expect(publish(otherLayer)).rejects.toMatchObject({ reason: "LAYER_CHANGED" });
  for (let held = 0; held < 7; held += 1) await request(served.app, randomUUIDv7());
  const fewer = protocol((text) => {
    text.version = 3;
    const period = must(text.quotas[0]?.periods[0], "there is a period");
    period.seatCount = 6;
    period.setAsides = [];
  });
  await expect(publish(fewer)).rejects.toMatchObject({
    reason: "SEATS_IN_USE",
    metadata: { quota: heartQuota, period: "2026" },
  });
});

test("a party that is not of one piece is refused field by field", async () => {
  const party = {
    ...must(exampleParties()[0], "a party"),
    calendar: "AQ",
    timeZone: "Asia/Nowhere",
  };
  const { registry } = served.as("operator/registry");
  await expect(registry.publishParty({ party, ...command() })).rejects.toMatchObject({
    reason: "PARTY_INVALID",
    violations: [
      { field: "party.calendar", description: "there is no calendar of AQ" },
      { field: "party.time_zone", description: "Asia/Nowhere is not known" },
    ],
  });
});

test("a request id stands for one request, and a date has to exist", async () => {
  const { registry } = served.as("operator/registry");
  const [one, other] = exampleParties();
  const same = command();
  await registry.publishParty({ party: must(one, "a party"), ...same });
  await expect(
    registry.publishParty({ party: must(other, "another"), ...same }),
  ).rejects.toMatchObject({ reason: "REQUEST_ID_REUSED" });
  const impossible = protocol((text) => {
    text.version = 3;
    must(text.inForce?.firstDate, "it is in force").month = 2;
    must(text.inForce?.firstDate, "it is in force").day = 30;
  });
  await expect(publish(impossible)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "INVALID_FIELD",
  });
});

const whole = "is a whole date of the years from 1900 to 2199";

test("times and dates out of bounds are refused before anything is asked", async () => {
  const { registry, entitlements } = served.as("ministry/UZ");
  for (const year of [1989, 2101]) {
    const knownAtTime = timestampFromMs(Date.UTC(year));
    const decision = { name: `decisions/${randomUUIDv7()}`, knownAtTime };
    const refused = { reason: "INVALID_FIELD", violations: [{ field: "known_at_time" }] };
    await expect(entitlements.replayDecision(decision)).rejects.toMatchObject(refused);
    const asked = { name: protocolName, knownAtTime };
    await expect(registry.getAgreement(asked)).rejects.toMatchObject(refused);
  }
  const yearOnly = create(DateSchema, { year: 1998, month: 0, day: 0 });
  const signed = protocol((text) => Object.assign(text, { signatureDate: yearOnly }));
  const ended = protocol((text) => {
    Object.assign(must(text.inForce, "it is in force"), { lastDate: yearOnly });
  });
  const fields = { signature_date: signed, "in_force.last_date": ended };
  for (const [field, agreement] of Object.entries(fields)) {
    await expect(publish(agreement)).rejects.toMatchObject({
      reason: "INVALID_FIELD",
      violations: [{ field: `agreement.${field}`, description: whole }],
    });
  }
});

test("a version that drops a set-aside withdraws its seats, and grants what it adds", async () => {
  const wider = protocol((text) => {
    text.version = 3;
    const period = must(text.quotas[0]?.periods[0], "there is a period");
    period.seatCount = 12;
    period.setAsides = [];
  });
  await publish(wider);
  const { entitlements } = served.as("ministry/UZ");
  const { usage } = await entitlements.getQuotaUsage({ quota: heartQuota, period: "2026" });
  const parts = must(usage, "the quota is there").parts;
  expect(parts.map(({ setAside, grantedCount }) => [setAside, grantedCount])).toEqual([
    ["", 12],
    ["UZ-QR", 0],
  ]);
  expect(usage?.balanced).toBe(true);
});
