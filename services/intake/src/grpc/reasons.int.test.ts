import { PurposeOfUse } from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { moveClock, now } from "@carehub/database/clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { otherServices, said } from "../answers.builder.ts";
import { intakeReasons } from "../domain/reasons.ts";
import {
  actor,
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

const ministry = () => intake.as("ministry/UZ").referrals;
const hub = () => intake.as("hub/umc-heart").referrals;

async function submit(differing: Parameters<typeof aSubmission>[0] = {}): Promise<string> {
  const { referral } = await ministry().submitReferral(aSubmission(differing));
  return referral?.name ?? "";
}

async function accepted(): Promise<string> {
  const name = await submit();
  await hub().acceptReferral({ ...mutation(), name, plan: wirePlan });
  return name;
}

const endOfTables = Temporal.Instant.from("2027-12-27T04:00:00Z");

const plan = (differing: object) => ({ ...mutation(), plan: { ...wirePlan, ...differing } });

/** How each reason comes about. */
const calls: Readonly<Record<string, () => Promise<unknown>>> = {
  REFERRAL_NOT_FOUND: () =>
    ministry().getReferral({ name: "referrals/0198c0de-0000-7000-8000-00000000ffff" }),
  PLACER_NUMBER_TAKEN: async () => {
    await submit({ placerNumber: "taken" });
    await submit({ placerNumber: "taken" });
  },
  OPEN_REFERRAL_EXISTS: async () => {
    const identity = anIdentity();
    await submit({ identity });
    await submit({ identity });
  },
  REFERRAL_CLOSED: async () => {
    const name = await submit();
    await otherServices(intake).agreements(name.slice("referrals/".length), said.refused);
    await ministry().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  },
  STOP_ALREADY_ASKED: async () => {
    const name = await submit();
    await ministry().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
    await ministry().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  },
  TREATMENT_ENDED: async () => {
    const name = await accepted();
    const id = name.slice("referrals/".length);
    const { agreements, capacity } = otherServices(intake);
    await agreements(id, said.granted);
    for (const event of [said.held, said.booked, said.started, said.ended]) {
      await capacity(id, event);
    }
    await ministry().cancelReferral({ ...mutation(), name, reason: "CANCELLED" });
  },
  REFERRAL_NOT_IN_TRIAGE: async () => {
    const name = await accepted();
    await hub().rejectReferral({ ...mutation(), name, reason: "OTHER" });
  },
  INFORMATION_ALREADY_REQUESTED: async () => {
    const name = await submit();
    for (const documentCodes of [["CT_SCAN"], ["CT_SCAN"]]) {
      await hub().requestInformation({ ...mutation(), name, documentCodes });
    }
  },
  INFORMATION_NOT_REQUESTED: async () =>
    ministry().provideInformation({ ...mutation(), name: await submit(), note: "x" }),
  INFORMATION_EMPTY: async () => {
    const name = await submit();
    await hub().requestInformation({ ...mutation(), name, documentCodes: ["CT_SCAN"] });
    await ministry().provideInformation({ ...mutation(), name });
  },
  DEFERRAL_NOT_POSSIBLE: async () =>
    hub().deferReferral({ ...mutation(), name: await submit(), reason: "CLINICAL" }),
  ALREADY_DEFERRED: async () => {
    const name = await accepted();
    await hub().deferReferral({ ...mutation(), name, reason: "CLINICAL" });
    await ministry().deferReferral({ ...mutation(), name, reason: "CLINICAL" });
  },
  NOT_DEFERRED: async () => {
    const readyDate = { year: 2030, month: 2, day: 1 };
    await ministry().resumeReferral({ ...mutation(), name: await accepted(), readyDate });
  },
  REDIRECTED_TO_ITSELF: async () => {
    const elsewhere = { hub: "hubs/umc-heart", reason: "OTHER" };
    await hub().redirectReferral({ ...mutation(), name: await submit(), ...elsewhere });
  },
  REDIRECTION_MISMATCH: async () => {
    await submit({ redirectedFrom: await submit() });
  },
  PLAN_OUTSIDE_HUB: async () => {
    const template = "hubs/astana-proton/templates/brain";
    await hub().acceptReferral({ name: await submit(), ...plan({ template }) });
  },
  PLAN_DATES_INVALID: async () => {
    const readyDate = { year: 2031, month: 1, day: 1 };
    await hub().acceptReferral({ name: await submit(), ...plan({ readyDate }) });
  },
  IDENTITY_NOT_DISCLOSED: async () => {
    const asked = { name: await submit(), purposeOfUse: PurposeOfUse.TREATMENT, actor };
    await intake.as("hub/umc-heart").patients.getPatientIdentity(asked);
  },
  INVALID_FIELD: () => submit({ citizenship: "XX" }),
  PAGE_TOKEN_INVALID: () => ministry().listReferrals({ pageToken: "x" }),
  ETAG_MISMATCH: async () =>
    hub().acceptReferral({ name: await submit(), ...plan({}), etag: '"7"' }),
  // The last two: they move the clock beyond what the others need.
  ANSWER_OVERDUE: async () => {
    const name = await submit();
    const today = await now(intake.db);
    await moveClock(intake.db, { to: today.add({ hours: 24 * 60 }) });
    await hub().acceptReferral({ name, ...plan({}) });
  },
  CALENDAR_YEAR_UNKNOWN: async () => {
    await moveClock(intake.db, { to: endOfTables });
    await submit({ placerNumber: "beyond" });
  },
};

test.each(Object.keys(calls))("refuses with %s, under the status of the table", async (reason) => {
  const refusal = await refusalOf(calls[reason]?.() ?? Promise.resolve());
  const code = intakeReasons[reason as keyof typeof intakeReasons];
  expect(refusal).toMatchObject({ reason, code, domain: "intake.carehub" });
});

test("stores nothing of a referral whose time to triage ends beyond the tables", async () => {
  const countAll = () =>
    intake.db.run(
      "test-rows",
      `select (select count(*) from referral) as referrals, (select count(*) from patient) as patients,
         (select count(*) from log.event) as events, (select count(*) from log.request) as requests,
         (select count(*) from log.due) as dues`,
    );
  const keys = () => intake.keys.run("test-keys", "select count(*) from patient_key");
  const before = [await countAll(), await keys()];
  const refused = aSubmission({ placerNumber: "later" });
  const { reason, metadata } = await refusalOf(ministry().submitReferral(refused));
  expect({ reason, metadata }).toEqual({
    reason: "CALENDAR_YEAR_UNKNOWN",
    metadata: expect.objectContaining({ country: "KZ", year: "2028" }),
  });
  expect([await countAll(), await keys()]).toEqual(before);
  // Neither number nor request id is used up: an emergency still ends inside the tables.
  const { referral } = await ministry().submitReferral({ ...refused, priority: 3 });
  expect(referral?.placerNumber).toBe("later");
});

test("has a way to each reason of the table", () => {
  expect(Object.keys(calls).sort()).toEqual(Object.keys(intakeReasons).sort());
});
