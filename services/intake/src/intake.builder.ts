import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { IdentityDocument_Kind, Sex } from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { PatientService } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import {
  ReferralService,
  type SubmitReferralRequestSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { moveClock } from "@carehub/database/clock";
import { startNumbering } from "@carehub/database/numbering";
import { CallError } from "@carehub/grpc/call-error";
import { connect, type ServiceClient } from "@carehub/grpc/connect";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { createLogger } from "@carehub/runtime/logging";
import { testDatabase } from "@carehub/testing/database";
import { intakeReasons } from "./domain/reasons.ts";
import { patientService } from "./grpc/patient-service.ts";
import { referralService } from "./grpc/referral-service.ts";
import { migrationFolders, openIntake } from "./start-intake.ts";

/** One partner's clients. */
export type Partner = {
  readonly referrals: ServiceClient<typeof ReferralService>;
  readonly patients: ServiceClient<typeof PatientService>;
};

const partners = [
  "ministry/UZ",
  "ministry/KG",
  "hub/umc-heart",
  "hub/astana-proton",
  "operator/desk",
];

/** A running intake on databases of its own, with a client for each partner. Without Kafka: answers are handed in. */
export async function startIntake() {
  const main = await testDatabase({ migrations: { service: migrationFolders.intake } });
  const keys = await testDatabase();
  const logger = createLogger("intake", { level: "silent" });
  const open = await openIntake(
    {
      databaseUrl: main.url,
      keysDatabaseUrl: keys.url,
      identityKey: randomBytes(32),
      blindIndexKey: randomBytes(32),
      environment: "sandbox",
    },
    logger,
  );
  // A day that every table of working days knows, whenever the tests run.
  await moveClock(open.db, { to: Temporal.Instant.from("2026-01-05T04:00:00Z") });
  const numbering = startNumbering(open.db, { pollMs: 20 });
  const dir = mkdtempSync(join(tmpdir(), "carehub-intake-"));
  const trustDomain = "carehub.example";
  const identities = [...partners, "service/intake"];
  const certificates = await issueCertificates({ dir, trustDomain, identities });
  const server = await serve({
    name: "intake",
    host: "127.0.0.1",
    port: 0,
    tls: certificates.tls("service/intake"),
    trustDomain,
    services: [referralService(open.app), patientService(open.app)],
    reasons: intakeReasons,
    logger,
  });
  const clients = partners.map((identity): [string, Partner] => {
    const at = { address: `localhost:${server.port}`, tls: certificates.tls(identity) };
    return [
      identity,
      { referrals: connect(ReferralService, at), patients: connect(PatientService, at) },
    ];
  });
  const byIdentity = new Map(clients);
  return {
    ...open,
    /** The clients of one identity. */
    as: (identity: string): Partner => {
      const partner = byIdentity.get(identity);
      if (partner === undefined) throw new Error(`${identity} has no certificate`);
      return partner;
    },
    close: async () => {
      for (const [, { referrals, patients }] of clients) {
        referrals.close();
        patients.close();
      }
      await server.close();
      await numbering.close();
      await open.close();
      await main.drop();
      await keys.drop();
      rmSync(dir, { recursive: true });
    },
  };
}

export type TestIntake = Awaited<ReturnType<typeof startIntake>>;

/** Texts that stand in every submission's personal fields, and may stand nowhere else. */
export const canary = "Zumradkanareika";

export const actor = { reference: "E-17", role: "referral-coordinator" };

/** What every mutation brings. */
export function mutation() {
  return { requestId: randomUUID(), actor };
}

type SubmissionInit = Extract<
  MessageInitShape<typeof SubmitReferralRequestSchema>,
  { readonly $typeName?: never }
>;

/** A valid submission of a new patient; a test changes what matters to it. */
export function aSubmission(differing: SubmissionInit = {}): SubmissionInit {
  return {
    ...mutation(),
    placerNumber: `N-${randomUUID()}`,
    hub: "hubs/umc-heart",
    programme: "heart-surgery",
    diagnosisCode: "Q21.3",
    priority: 2,
    identity: anIdentity(),
    citizenship: "UZ",
    residenceCountry: "UZ",
    residenceRegion: "UZ-QR",
    companions: [{ name: `${canary} mother`, relationship: 1 }],
    documents: [
      {
        code: "ECHO_REPORT",
        title: `Echo of ${canary}`,
        sha256: "a".repeat(64),
        mediaType: "application/pdf",
      },
    ],
    clinicalSummary: `${canary} has a tetralogy of Fallot.`,
    consent: { reference: "C-1", date: { year: 2025, month: 12, day: 30 } },
    ...differing,
  };
}

/** The identity of a new person, unless the number of the document is given. */
export function anIdentity(number: string = randomUUID().slice(0, 23)) {
  return {
    familyName: `${canary}ova`,
    givenNames: `${canary}`,
    birthDate: { year: 2020, month: 3, day: 1 },
    sex: Sex.FEMALE,
    document: { country: "UZ", kind: IdentityDocument_Kind.PERSONAL_NUMBER, number },
    phone: "+998 90 123 45 67",
    address: `${canary} street 1`,
    guardianName: `${canary} mother`,
  };
}

/** The plan of a hub's proposal. */
export const wirePlan = {
  template: "hubs/umc-heart/templates/fallot-repair",
  readyDate: { year: 2030, month: 1, day: 12 },
  dueDate: { year: 2030, month: 3, day: 10 },
};

/** The refusal of a call that must not succeed. */
export async function refusalOf(call: Promise<unknown>): Promise<CallError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error("the call succeeded where a refusal was expected");
}
