import { PatientService } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import { CareState } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
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

const uzbekistan = () => intake.as("ministry/UZ").referrals;
const heartCentre = () => intake.as("hub/umc-heart").referrals;

async function submitted(differing: Parameters<typeof aSubmission>[0] = {}) {
  const { referral } = await uzbekistan().submitReferral(aSubmission(differing));
  if (referral === undefined) throw new Error("a submission answers with its referral");
  return referral;
}

test("answers a submission with the referral and no identity", async () => {
  const referral = await submitted();
  expect(referral).toMatchObject({
    sendingParty: "parties/UZ",
    careState: CareState.SUBMITTED,
    person: { citizenship: "UZ", residenceRegion: "UZ-QR", companionCount: 1 },
    documents: [{ number: 1, code: "ECHO_REPORT", title: "" }],
    progress: { round: 1, awaitedAnswers: ["EntitlementRequested@1"] },
    etag: '"2"',
  });
  expect(referral.triageBy?.calendarVersion).not.toBe("");
});

test("answers a repeated request with the first reply, and refuses its id for another body", async () => {
  const request = aSubmission();
  const first = await uzbekistan().submitReferral(request);
  expect(await uzbekistan().submitReferral(request)).toEqual(first);
  const other = await refusalOf(uzbekistan().submitReferral({ ...request, programme: "other" }));
  expect(other).toMatchObject({ code: "INVALID_ARGUMENT", reason: "REQUEST_ID_REUSED" });
});

test("takes a ministry's number once for ever, and another ministry's same number", async () => {
  const referral = await submitted();
  const { placerNumber } = referral;
  const refusal = await refusalOf(uzbekistan().submitReferral(aSubmission({ placerNumber })));
  expect(refusal).toMatchObject({ code: "ALREADY_EXISTS", reason: "PLACER_NUMBER_TAKEN" });
  expect(refusal.metadata).toMatchObject({ referral: referral.name });
  const kyrgyzstan = intake.as("ministry/KG").referrals;
  const other = await kyrgyzstan.submitReferral(aSubmission({ placerNumber }));
  expect(other.referral?.sendingParty).toBe("parties/KG");
});

test("knows one person by the identity document, and lets them have one open referral per programme", async () => {
  const identity = anIdentity("AB 1234-567");
  const first = await submitted({ identity });
  const same = { ...identity, document: { ...identity.document, number: "ab1234567" } };
  const refusal = await refusalOf(uzbekistan().submitReferral(aSubmission({ identity: same })));
  expect(refusal).toMatchObject({ reason: "OPEN_REFERRAL_EXISTS" });
  expect(refusal.metadata).toMatchObject({ referral: first.name });
  const kyrgyzstan = intake.as("ministry/KG").referrals;
  const hidden = await refusalOf(kyrgyzstan.submitReferral(aSubmission({ identity: same })));
  expect(hidden.metadata).toEqual({ programme: "heart-surgery" });
  const second = await submitted({ identity: same, programme: "oncology" });
  expect(second.person?.patient).toBe(first.person?.patient);
});

test("lets one of two submissions of a patient through when they race", async () => {
  const identity = anIdentity();
  const race = Array.from({ length: 6 }, () =>
    uzbekistan().submitReferral(aSubmission({ identity })),
  );
  const results = await Promise.allSettled(race);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const reasons = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason.reason] : [],
  );
  expect(new Set(reasons)).toEqual(new Set(["OPEN_REFERRAL_EXISTS"]));
});

test("reads Kazakhstan's older region codes as the newer ones, and refuses a region elsewhere", async () => {
  const astana = { residenceCountry: "KZ", residenceRegion: "KZ-AST" };
  expect((await submitted(astana)).person?.residenceRegion).toBe("KZ-71");
  for (const residenceRegion of ["KZ-99", "KG-C"]) {
    const refusal = await refusalOf(uzbekistan().submitReferral(aSubmission({ residenceRegion })));
    expect(refusal).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_FIELD" });
    expect(refusal.violations[0]?.field).toBe("residence_region");
  }
});

test("refuses dates that no calendar has, without repeating them", async () => {
  const identity = { ...anIdentity(), birthDate: { year: 2020, month: 2, day: 31 } };
  const refusal = await refusalOf(uzbekistan().submitReferral(aSubmission({ identity })));
  expect(refusal.violations).toEqual([
    { field: "identity.birth_date", description: "is not a date" },
  ]);
});

test("tells who has no part in a referral that it is not found, on every method with a name", async () => {
  const { name } = await submitted();
  const others = ["ministry/KG", "hub/astana-proton"];
  let refused = 0;
  for (const identity of others) {
    for (const { methods } of [ReferralService, PatientService]) {
      for (const { input, localName } of methods) {
        if (input.field.name === undefined) continue;
        const { referrals, patients } = intake.as(identity);
        const client = { ...referrals, ...patients } as unknown as Record<
          string,
          (request: object) => Promise<unknown>
        >;
        const refusal = await refusalOf(client[localName]?.(requestOf(localName, name)) ?? never());
        expect([localName, refusal.code, refusal.reason]).toSatisfy(
          ([, code, reason]) =>
            (code === "NOT_FOUND" && reason === "REFERRAL_NOT_FOUND") ||
            (code === "PERMISSION_DENIED" && reason === "ROLE_NOT_ALLOWED"),
        );
        if (refusal.code === "NOT_FOUND") refused += 1;
      }
    }
  }
  expect(refused).toBe(22);
});

function never(): Promise<never> {
  throw new Error("every method has a client");
}

/** A request that is good but for whom it comes from. */
function requestOf(method: string, name: string): object {
  const more: Record<string, object> = {
    acceptReferral: { plan: wirePlan },
    rejectReferral: { reason: "OTHER" },
    returnReferral: { reason: "OTHER", note: "x" },
    requestInformation: { documentCodes: ["ECHO_REPORT"] },
    provideInformation: { note: "x" },
    cancelReferral: { reason: "CANCELLED" },
    redirectReferral: { hub: "hubs/umc-heart", reason: "OTHER" },
    deferReferral: { reason: "OTHER" },
    resumeReferral: { readyDate: { year: 2030, month: 1, day: 1 } },
    getPatientIdentity: { purposeOfUse: 1, actor },
    getClinicalRecord: { purposeOfUse: 1, actor },
  };
  const isRead = /^(get|list)/.test(method);
  return { name, ...(isRead ? {} : mutation()), ...more[method] };
}

test("goes through triage with a question and its answer, and closes it by accepting", async () => {
  const { name } = await submitted();
  const asking = { name, documentCodes: ["CT_SCAN"], note: "Which rhythm?" };
  const asked = await heartCentre().requestInformation({ ...mutation(), ...asking });
  expect(asked.referral).toMatchObject({
    careState: CareState.INFORMATION_REQUESTED,
    informationRequested: { documentCodes: ["CT_SCAN"] },
  });
  const documents = [{ code: "CT_SCAN", sha256: "b".repeat(64), mediaType: "application/dicom" }];
  const given = await uzbekistan().provideInformation({ ...mutation(), name, documents });
  expect(given.referral).toMatchObject({ careState: CareState.SUBMITTED });
  expect(given.referral?.documents).toHaveLength(2);
  const accepted = await heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan });
  expect(accepted.referral).toMatchObject({ careState: CareState.ACCEPTED });
  const again = heartCentre().rejectReferral({ ...mutation(), name, reason: "OTHER" });
  expect(await refusalOf(again)).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "REFERRAL_NOT_IN_TRIAGE",
    metadata: { careState: "ACCEPTED" },
  });
});

test("changes only the referral that was read, where an etag is given", async () => {
  const { name, etag } = await submitted();
  const stale = heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan, etag: '"1"' });
  expect(await refusalOf(stale)).toMatchObject({ code: "ABORTED", reason: "ETAG_MISMATCH" });
  const fresh = await heartCentre().acceptReferral({ ...mutation(), name, plan: wirePlan, etag });
  expect(fresh.referral?.etag).not.toBe(etag);
});

test("lists a side's own referrals, newest first, page by page", async () => {
  const names: string[] = [];
  const kyrgyzstan = intake.as("ministry/KG").referrals;
  for (let count = 0; count < 3; count += 1) {
    const { referral } = await kyrgyzstan.submitReferral(aSubmission({ programme: "paging" }));
    names.unshift(referral?.name ?? "");
  }
  const first = await kyrgyzstan.listReferrals({ pageSize: 2 });
  expect(first.referrals.map(({ name }) => name)).toEqual(names.slice(0, 2));
  const pageToken = first.nextPageToken;
  const second = await kyrgyzstan.listReferrals({ pageSize: 2, pageToken });
  expect(second.referrals[0]?.name).toBe(names[2]);
  const wrong = kyrgyzstan.listReferrals({ pageSize: 2, pageToken, openOnly: true });
  expect(await refusalOf(wrong)).toMatchObject({
    code: "INVALID_ARGUMENT",
    reason: "PAGE_TOKEN_INVALID",
  });
  const closed = await kyrgyzstan.listReferrals({ careState: CareState.DISCHARGED });
  expect(closed.referrals).toEqual([]);
});
