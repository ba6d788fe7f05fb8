import { PurposeOfUse } from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  actor,
  anIdentity,
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

const uzbekistan = () => intake.as("ministry/UZ");
const reading = { purposeOfUse: PurposeOfUse.TREATMENT, actor };

async function submitted(differing: Parameters<typeof aSubmission>[0] = {}): Promise<string> {
  const { referral } = await uzbekistan().referrals.submitReferral(aSubmission(differing));
  return referral?.name ?? "";
}

test("keeps no personal text in clear in any row of the main database", async () => {
  const number = "PINFL90210777";
  const name = await submitted({ identity: anIdentity(number) });
  const { referrals } = intake.as("hub/umc-heart");
  const asking = { name, documentCodes: ["CT_SCAN"], note: `${canary}, please` };
  await referrals.requestInformation({ ...mutation(), ...asking });
  const documents = [
    { code: "CT_SCAN", title: `CT of ${canary}`, sha256: "b".repeat(64), mediaType: "image/png" },
  ];
  const given = { name, documents, note: `${canary} answers` };
  await uzbekistan().referrals.provideInformation({ ...mutation(), ...given });
  await referrals.acceptReferral({ ...mutation(), name, plan: wirePlan });
  await uzbekistan().patients.getPatientIdentity({ name, ...reading });
  const tables = await intake.db.run<{ name: string }>(
    "test-tables",
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
     where schemaname in ('public', 'log', 'app')`,
  );
  expect(tables.length).toBeGreaterThan(10);
  for (const { name: table } of tables) {
    // The whole row as text: bytes are in hexadecimal there, so the canary is looked for in both forms.
    const hex = Buffer.from(canary).toString("hex");
    const found = await intake.db.run(
      `test-scan-${table}`,
      `select 1 from ${table} as t where t::text ilike any ($1::text[])`,
      [[`%${canary}%`, `%${hex}%`, `%${number}%`, "%998 90 123%", "%2020-03-01%"]],
    );
    expect([table, found.length]).toEqual([table, 0]);
  }
});

test("opens no identity that was moved from one referral to another, of the same patient either", async () => {
  const identity = anIdentity();
  const [first, second] = [
    await submitted({ identity }),
    await submitted({ identity, programme: "oncology" }),
  ];
  const other = await submitted();
  for (const from of [second, other]) {
    await intake.db.run(
      "test-swap",
      `update referral set sealed_identity = (select sealed_identity from referral where id = $2)
       where id = $1`,
      [uuidOf(first), uuidOf(from)],
    );
    const refusal = await refusalOf(
      uzbekistan().patients.getPatientIdentity({ name: first, ...reading }),
    );
    expect(refusal).toMatchObject({ code: "INTERNAL" });
    expect(refusal.message).not.toContain(canary);
  }
});

test("tells nothing of a patient whose key is gone", async () => {
  const name = await submitted();
  await intake.keys.run("test-erase", "delete from patient_key where patient_id = $1", [
    await patientOf(name),
  ]);
  const refusal = await refusalOf(uzbekistan().patients.getPatientIdentity({ name, ...reading }));
  expect(refusal.code).toBe("INTERNAL");
});

test("keeps the readings: none is changed or deleted", async () => {
  const name = await submitted();
  await uzbekistan().patients.getPatientIdentity({ name, ...reading });
  await expect(
    intake.db.run("test-rewrite", "update disclosure set reader = 'x'"),
  ).rejects.toThrow();
  await expect(intake.db.run("test-erase-all", "delete from disclosure")).rejects.toThrow();
});

function uuidOf(name: string): string {
  return name.slice("referrals/".length);
}

async function patientOf(name: string): Promise<string> {
  const rows = await intake.db.run<{ id: string }>(
    "test-patient",
    "select patient_id as id from referral where id = $1",
    [uuidOf(name)],
  );
  return rows[0]?.id ?? "";
}
