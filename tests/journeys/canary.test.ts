import { randomBytes } from "node:crypto";
import { PurposeOfUse } from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { command } from "@carehub/partners/partner";
import type { Story } from "@carehub/partners/story";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLogs, readMetrics, readTables, readTopics, type Trace } from "./evidence.ts";
import { type Stage, setStage } from "./stage.ts";

/** One mark for each personal field; no mark can come up by chance. */
const mark = (field: string) => `Canary${field}${randomBytes(6).toString("hex")}`;
const canaries = {
  familyName: mark("Family"),
  givenNames: mark("Given"),
  documentNumber: mark("Document"),
  phone: `+998 ${randomDigits(3)} ${randomDigits(4)} ${randomDigits(4)}`,
  address: mark("Address"),
  guardianName: mark("Guardian"),
  companionName: mark("Companion"),
  documentTitle: mark("Title"),
  clinicalSummary: mark("Summary"),
  rejectionNote: mark("Note"),
  birthDate: "1953-08-29",
};

let stage: Stage;
let refusals: Trace[];
let everything: Trace[];

beforeAll(async () => {
  stage = await setStage("canary");
  await stage.rehearse(stage.examples.stories.slice(0, 4).map(plant));
  refusals = await provokeRefusals();
  everything = [
    ...(await readTables(stage.platform)),
    ...(await readTopics(stage.platform)).map(({ topic, key, headers, value }) => ({
      place: topic,
      text: `${key} ${JSON.stringify(headers)} ${value.toString("latin1")} ${value.toString("hex")}`,
    })),
    ...readLogs(stage.platform),
    ...(await readMetrics(stage.platform)),
    ...stage.collector.spans().map((span) => ({
      place: `span of ${span.service}`,
      text: JSON.stringify(span, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
    })),
    ...refusals,
  ];
});

afterAll(() => stage?.close());

test("looks into every kind of place", () => {
  for (const kind of [
    "intake:",
    "intake_keys:",
    "billing:",
    "carehub.",
    ".jsonl",
    "/metrics",
    "span",
  ]) {
    expect({ kind, found: everything.some(({ place }) => place.includes(kind)) }).toEqual({
      kind,
      found: true,
    });
  }
  expect(refusals.length).toBeGreaterThan(3);
});

test.each(Object.entries(canaries))("finds no %s anywhere in the clear", (_, canary) => {
  const bytes = Buffer.from(canary);
  const forms = [canary, bytes.toString("hex"), bytes.toString("base64").replace(/=+$/, "")];
  const places = everything
    .filter(({ text }) => forms.some((form) => text.includes(form)))
    .map(({ place }) => place);
  expect([...new Set(places)]).toEqual([]);
});

test("finds what is not personal by the same search", () => {
  const placerNumber = stage.examples.stories[0]?.referral.placerNumber ?? "";
  const places = everything.filter(({ text }) => text.includes(placerNumber));
  expect(places.map(({ place }) => place)).toContain("intake: public.referral");
});

test("the sending ministry reads what it sent, for a purpose, and the reading is recorded", async () => {
  const { referrals, patients } = stage.partnerOf("ministry/UZ");
  const page = await referrals.listReferrals({ pageSize: 200 });
  const name = page.referrals.at(-1)?.name ?? "";
  const { actor } = command("case-manager");
  const purposeOfUse = PurposeOfUse.TREATMENT;
  const { identity } = await patients.getPatientIdentity({ name, purposeOfUse, actor });
  expect(identity).toMatchObject({
    familyName: canaries.familyName,
    givenNames: canaries.givenNames,
    phone: canaries.phone,
    address: canaries.address,
    guardianName: canaries.guardianName,
  });
  const { clinicalSummary } = await patients.getClinicalRecord({ name, purposeOfUse, actor });
  expect(clinicalSummary).toBe(canaries.clinicalSummary);
  const { disclosures } = await patients.listIdentityDisclosures({ name });
  expect(disclosures).toHaveLength(2);
  for (const { reader, purposeOfUse: purpose } of disclosures) {
    expect({ reader, purpose }).toEqual({ reader: "ministry/UZ", purpose: purposeOfUse });
  }
});

function plant(story: Story, index: number): Story {
  const { identity } = story.referral;
  if (identity?.document === undefined) throw new Error(`${story.id} has no identity`);
  Object.assign(identity, {
    familyName: canaries.familyName,
    givenNames: canaries.givenNames,
    birthDate: { ...identity.birthDate, year: 1953, month: 8, day: 29 },
    phone: canaries.phone,
    address: canaries.address,
    guardianName: canaries.guardianName,
  });
  identity.document.number = `${canaries.documentNumber}${index}`;
  for (const companion of story.referral.companions) companion.name = canaries.companionName;
  for (const document of story.referral.documents) document.title = canaries.documentTitle;
  story.referral.clinicalSummary = canaries.clinicalSummary;
  const steps = story.steps.map((step) =>
    "note" in step.with ? { ...step, with: { ...step.with, note: canaries.rejectionNote } } : step,
  );
  return { ...story, steps };
}

/** Calls that fail while they carry personal data: what they answer is evidence too. */
async function provokeRefusals(): Promise<Trace[]> {
  const [story] = stage.examples.stories;
  if (story === undefined) throw new Error("no story");
  const { referrals } = stage.partnerOf("ministry/UZ");
  const request = () => Object.assign(structuredClone(story.referral), command("coordinator"));
  const attempts = [
    { ...request(), diagnosisCode: canaries.familyName },
    { ...request(), citizenship: canaries.familyName },
    { ...request(), identity: undefined, clinicalSummary: canaries.clinicalSummary.repeat(1000) },
    { ...request(), hub: "hubs/nowhere", placerNumber: story.referral.placerNumber },
    request(),
  ];
  const answers = await Promise.all(
    attempts.map(async ({ $typeName: _, ...attempt }) => {
      const error = await referrals.submitReferral(attempt as object).catch((cause) => cause);
      if (!(error instanceof CallError)) throw new Error("a call that must fail did not");
      return { place: "refusal", text: `${error.message} ${JSON.stringify({ ...error })}` };
    }),
  );
  return answers;
}

function randomDigits(count: number): string {
  return Array.from(randomBytes(count), (byte) => byte % 10).join("");
}
