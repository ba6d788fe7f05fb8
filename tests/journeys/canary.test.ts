import { PurposeOfUse } from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { command } from "@carehub/partners/partner";
import type { Story } from "@carehub/partners/story";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canaries, formsOf, personalFields, plant } from "./canaries.ts";
import { readLogs, readMetrics, readTables, readTopics, type Trace } from "./evidence.ts";
import { type Stage, setStage } from "./stage.ts";

let stage: Stage;
let stories: Story[];
let refusals: Trace[];
let everything: Trace[];

beforeAll(async () => {
  stage = await setStage("canary");
  stories = stage.examples.stories.filter(isPlantable).map(plant);
  await stage.rehearse(stories);
  refusals = await provokeRefusals();
  everything = [
    ...(await readTables(stage.platform)),
    ...(await readTopics(stage.platform)).map(({ topic, key, headers, value }) => ({
      place: topic,
      text: `${headers.ce_type} ${key} ${JSON.stringify(headers)} ${value.toString("latin1")} ${value.toString("hex")}`,
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

test("plants a canary in every personal field of the protos", () => {
  expect(personalFields().toSorted()).toEqual(Object.keys(canaries).toSorted());
});

test.each([
  ["intake: ", "capacity: ", "agreements: ", "billing: ", "intake_keys: "],
  ["carehub.intake.cases", "carehub.capacity.courses", "carehub.billing.accounts"],
  [".jsonl", "/metrics", "span of ", "refusal"],
])("looks into %s and its like", (...kinds) => {
  const missing = kinds.filter((kind) => !everything.some(({ place }) => place.includes(kind)));
  expect(missing).toEqual([]);
});

test.each([
  "ReferralRejected",
  "ReferralReturned",
  "ReferralRedirected",
  "ReferralDeferred",
  "InformationProvided",
  "CourseEnded",
  "InvoiceSettled",
])("the cases went as far as %s", (event) => {
  const ofTopics = everything.filter(({ place }) => place.startsWith("carehub."));
  expect(ofTopics.some(({ text }) => text.includes(`.${event} `))).toBe(true);
});

test.each(Object.entries(canaries))("finds no %s anywhere in the clear", (field, canary) => {
  const forms = formsOf(field, canary);
  const places = everything
    .filter(({ text }) => forms.some((form) => text.includes(form)))
    .map(({ place }) => place);
  expect([...new Set(places)]).toEqual([]);
});

test("finds what is not personal by the same search", () => {
  const places = everything.filter(({ text }) => text.includes(formsOf("", "CANARY-0")[0] ?? ""));
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
    familyName: canaries["carehub.intake.v1.PatientIdentity.family_name"],
    phone: canaries["carehub.intake.v1.PatientIdentity.phone"],
    guardianName: canaries["carehub.intake.v1.PatientIdentity.guardian_name"],
  });
  const { clinicalSummary } = await patients.getClinicalRecord({ name, purposeOfUse, actor });
  expect(clinicalSummary).toBe(
    canaries["carehub.intake.v1.SubmitReferralRequest.clinical_summary"],
  );
  const { disclosures } = await patients.listIdentityDisclosures({ name });
  expect(disclosures).toHaveLength(2);
  for (const { reader, purposeOfUse: purpose } of disclosures) {
    expect({ reader, purpose }).toEqual({ reader: "ministry/UZ", purpose: purposeOfUse });
  }
});

/** Enough to go every way on which a personal field travels; each is a patient of its own. */
const planted = ["01", "02", "03", "04", "05", "06", "07", "19", "21", "22"];

function isPlantable({ id }: Story): boolean {
  return planted.some((number) => id.startsWith(`${number}-`));
}

/** Calls that fail while they carry personal data: what they answer is evidence too. */
async function provokeRefusals(): Promise<Trace[]> {
  const [story] = stories;
  if (story === undefined) throw new Error("no story");
  const { referrals } = stage.partnerOf("ministry/UZ");
  const familyName = canaries["carehub.intake.v1.PatientIdentity.family_name"] ?? "";
  const request = () => Object.assign(structuredClone(story.referral), command("coordinator"));
  const attempts = [
    { ...request(), diagnosisCode: familyName },
    { ...request(), citizenship: familyName },
    { ...request(), identity: undefined, clinicalSummary: familyName.repeat(1000) },
    { ...request(), hub: "hubs/nowhere" },
    request(),
  ];
  return Promise.all(
    attempts.map(async ({ $typeName: _, ...attempt }) => {
      const error = await referrals.submitReferral(attempt as object).catch((cause) => cause);
      if (!(error instanceof CallError)) throw new Error("a call that must fail did not");
      return { place: "refusal", text: `${error.message} ${JSON.stringify({ ...error })}` };
    }),
  );
}
