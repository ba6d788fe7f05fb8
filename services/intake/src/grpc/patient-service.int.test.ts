import { PurposeOfUse } from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  actor,
  aSubmission,
  canary,
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

async function submitted(): Promise<string> {
  const uzbekistan = intake.as("ministry/UZ").referrals;
  const { referral } = await uzbekistan.submitReferral(aSubmission());
  return referral?.name ?? "";
}

const treatment = { purposeOfUse: PurposeOfUse.TREATMENT, actor };

test("gives a hub the identity once it has accepted, and the sending side the record of every reading", async () => {
  const name = await submitted();
  const { referrals, patients } = intake.as("hub/umc-heart");
  const early = await refusalOf(patients.getPatientIdentity({ name, ...treatment }));
  expect(early).toMatchObject({ code: "FAILED_PRECONDITION", reason: "IDENTITY_NOT_DISCLOSED" });
  await referrals.acceptReferral({ ...mutation(), name, plan: wirePlan });
  const given = await patients.getPatientIdentity({ name, ...treatment });
  expect(given.identity).toMatchObject({
    familyName: `${canary}ova`,
    birthDate: { year: 2020, month: 3, day: 1 },
  });
  expect(given.companions).toMatchObject([{ name: `${canary} mother` }]);
  const uzbekistan = intake.as("ministry/UZ").patients;
  const own = await uzbekistan.getPatientIdentity({
    name,
    purposeOfUse: PurposeOfUse.OPERATIONS,
    actor,
  });
  const { disclosures } = await uzbekistan.listIdentityDisclosures({ name });
  expect(disclosures).toMatchObject([
    { name: own.disclosure, reader: "ministry/UZ", purposeOfUse: PurposeOfUse.OPERATIONS },
    {
      name: given.disclosure,
      reader: "hub/umc-heart",
      purposeOfUse: PurposeOfUse.TREATMENT,
      content: "IDENTITY",
      actor: { reference: actor.reference },
    },
  ]);
  expect(disclosures[1]?.traceId).toMatch(/^[0-9a-f]{32}$/);
});

test("pages through the readings of a referral", async () => {
  const name = await submitted();
  const uzbekistan = intake.as("ministry/UZ").patients;
  for (let count = 0; count < 3; count += 1) {
    await uzbekistan.getPatientIdentity({ name, ...treatment });
  }
  const first = await uzbekistan.listIdentityDisclosures({ name, pageSize: 2 });
  expect(first.disclosures).toHaveLength(2);
  const next = { name, pageSize: 2, pageToken: first.nextPageToken };
  expect((await uzbekistan.listIdentityDisclosures(next)).disclosures).toHaveLength(1);
});

test("refuses a reading without a purpose, or with one that is not on the list", async () => {
  const name = await submitted();
  const { patients } = intake.as("ministry/UZ");
  for (const purposeOfUse of [PurposeOfUse.UNSPECIFIED, 42 as PurposeOfUse]) {
    const refusal = await refusalOf(patients.getPatientIdentity({ name, purposeOfUse, actor }));
    expect(refusal.code).toBe("INVALID_ARGUMENT");
  }
  expect((await patients.listIdentityDisclosures({ name })).disclosures).toEqual([]);
});

test("gives both sides the texts of a case, the hub before it decides, and records that too", async () => {
  const name = await submitted();
  const { referrals, patients } = intake.as("hub/umc-heart");
  const note = `Which rhythm has ${canary}?`;
  const asking = { name, documentCodes: ["CT_SCAN"], note };
  await referrals.requestInformation({ ...mutation(), ...asking });
  const record = await patients.getClinicalRecord({ name, ...treatment });
  expect(record).toMatchObject({
    clinicalSummary: `${canary} has a tetralogy of Fallot.`,
    documents: [{ number: 1, code: "ECHO_REPORT", title: `Echo of ${canary}` }],
    notes: [{ kind: "INFORMATION_REQUEST", text: note, author: "hub/umc-heart" }],
  });
  const uzbekistan = intake.as("ministry/UZ").patients;
  const { disclosures } = await uzbekistan.listIdentityDisclosures({ name });
  expect(disclosures.map(({ content }) => content)).toEqual(["CLINICAL_RECORD"]);
});
