import { create, toBinary } from "@bufbuild/protobuf";
import { Priority } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import {
  IdentityDocument_Kind,
  type PatientIdentity,
} from "@carehub/contracts/gen/carehub/intake/v1/patient_pb.ts";
import { GetPatientIdentityResponseSchema } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import type { DocumentReference } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import type { SubmitReferralRequest } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { must } from "@carehub/rules/fault";
import type { DocumentInput } from "../app/sealed-texts.ts";
import type { SubmitInput } from "../app/submit.ts";
import type { Priority as PriorityName } from "../domain/case-terms.ts";
import { sideOf } from "../domain/parties.ts";
import { fromWireDate } from "../wire/times.ts";
import { toReferralId } from "./command.ts";

/** Reads a submission; what is personal becomes the bytes that are sealed, in the form in which they are given out. */
export function toSubmitInput(request: SubmitReferralRequest, call: Call): SubmitInput {
  const { placerNumber, hub, programme, diagnosisCode, clinicalSummary } = request;
  const { citizenship, residenceCountry, residenceRegion, companions, redirectedFrom } = request;
  const identity = must(request.identity, "validation requires the identity");
  const consent = must(request.consent, "validation requires the consent");
  const sealed = create(GetPatientIdentityResponseSchema, { identity, companions });
  return {
    ...{ placerNumber, hub, programme, diagnosisCode, clinicalSummary },
    ...{ citizenship, residenceCountry, residenceRegion },
    sendingParty: must(sideOf(call.caller), "access lets only ministries submit"),
    priority: toPriority(request.priority),
    birthDate: fromWireDate(identity.birthDate, "identity.birth_date"),
    identity: toBinary(GetPatientIdentityResponseSchema, sealed),
    identityDocument: toDocument(identity),
    companionCount: companions.length,
    redirectedFrom: redirectedFrom === "" ? undefined : toReferralId(redirectedFrom),
    documents: toDocumentInputs(request.documents),
    consent: {
      reference: consent.reference,
      date: fromWireDate(consent.date, "consent.date"),
    },
  };
}

/** Reads documents by reference. */
export function toDocumentInputs(documents: readonly DocumentReference[]): DocumentInput[] {
  return documents.map(({ code, title, sha256, mediaType }) => ({
    code,
    title,
    sha256,
    mediaType,
  }));
}

function toDocument({ document }: PatientIdentity) {
  const { country, kind, number } = must(document, "validation requires the identity document");
  return { country, number, kind: nameOf(IdentityDocument_Kind, kind) };
}

function toPriority(priority: Priority): PriorityName {
  const name = nameOf(Priority, priority);
  if (name === "ROUTINE" || name === "URGENT" || name === "EMERGENCY") return name;
  throw new Error("validation refuses an undefined priority");
}

/** The name of an enum's value, as the proto has it without its prefix. */
export function nameOf(values: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(values).find(([, number]) => number === value);
  return must(found, "validation refuses an undefined value")[0];
}
