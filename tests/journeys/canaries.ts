import { randomBytes } from "node:crypto";
import type { DescMessage } from "@bufbuild/protobuf";
import { PatientService } from "@carehub/contracts/gen/carehub/intake/v1/patient_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import type { Story } from "@carehub/partners/story";

/** A text for one personal field that cannot come up by chance. */
const mark = (field: string) => `Canary${field}${randomBytes(6).toString("hex")}`;

/** What is planted, by the full name of the field; dates of birth keep each patient's age class. */
export const canaries: Readonly<Record<string, string>> = {
  "carehub.intake.v1.PatientIdentity.family_name": mark("Family"),
  "carehub.intake.v1.PatientIdentity.given_names": mark("Given"),
  "carehub.intake.v1.PatientIdentity.birth_date": "-08-29",
  "carehub.intake.v1.PatientIdentity.phone": `+998 ${randomDigits(3)} ${randomDigits(4)} ${randomDigits(4)}`,
  "carehub.intake.v1.PatientIdentity.address": mark("Address"),
  "carehub.intake.v1.PatientIdentity.guardian_name": mark("Guardian"),
  "carehub.intake.v1.IdentityDocument.number": mark("Document"),
  "carehub.intake.v1.Companion.name": mark("Companion"),
  "carehub.intake.v1.DocumentReference.title": mark("Title"),
  "carehub.intake.v1.SubmitReferralRequest.clinical_summary": mark("Summary"),
  "carehub.intake.v1.RejectReferralRequest.note": mark("Rejection"),
  "carehub.intake.v1.ReturnReferralRequest.note": mark("Return"),
  "carehub.intake.v1.RedirectReferralRequest.note": mark("Redirection"),
  "carehub.intake.v1.RequestInformationRequest.note": mark("Question"),
  "carehub.intake.v1.ProvideInformationRequest.note": mark("Answer"),
};

/** Codes of a few values say nothing of anybody by themselves, and a search for them would find chance. */
const codes = new Set([
  "carehub.intake.v1.PatientIdentity.sex",
  "carehub.intake.v1.IdentityDocument.country",
  "carehub.intake.v1.IdentityDocument.kind",
]);

/** Every field that a partner can send and that the protos mark as personal, codes left out. */
export function personalFields(): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  const walk = (message: DescMessage): void => {
    if (seen.has(message.typeName)) return;
    seen.add(message.typeName);
    for (const field of message.fields) {
      const name = `${message.typeName}.${field.name}`;
      const isLeaf = field.message === undefined || !field.message.typeName.startsWith("carehub.");
      if (field.proto.options?.debugRedact && isLeaf && !codes.has(name)) found.add(name);
      if (field.message !== undefined) walk(field.message);
    }
  };
  for (const service of [ReferralService, PatientService]) {
    for (const method of service.methods) walk(method.input);
  }
  return [...found];
}

/** The ways in which a value can stand in a table, a message or a log. */
export function formsOf(field: string, value: string): string[] {
  const texts = field.endsWith("birth_date")
    ? birthYears.flatMap((year) => [`${year}${value}`, `"year":${year},"month":8,"day":29`])
    : [value];
  return texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    return [text, bytes.toString("hex"), bytes.toString("base64").replace(/=+$/, "")];
  });
}

const birthYears = [1953, 2022];

/** The story with a canary in every personal field that it sends, under a number of its own. */
export function plant(story: Story, index: number): Story {
  const { identity } = story.referral;
  if (identity?.document === undefined) throw new Error(`${story.id} has no identity`);
  const isChild = (identity.birthDate?.year ?? 0) > 2008;
  const year = isChild ? 2022 : 1953;
  Object.assign(identity, {
    familyName: canary("PatientIdentity.family_name"),
    givenNames: canary("PatientIdentity.given_names"),
    birthDate: Object.assign(identity.birthDate ?? {}, { year, month: 8, day: 29 }),
    phone: canary("PatientIdentity.phone"),
    address: canary("PatientIdentity.address"),
    guardianName: canary("PatientIdentity.guardian_name"),
  });
  identity.document.number = `${canary("IdentityDocument.number")}${index}`;
  story.referral.placerNumber = `CANARY-${index}`;
  story.referral.clinicalSummary = canary("SubmitReferralRequest.clinical_summary");
  for (const companion of story.referral.companions) companion.name = canary("Companion.name");
  for (const document of story.referral.documents) {
    document.title = canary("DocumentReference.title");
  }
  return { ...story, steps: story.steps.map(plantStep) };
}

function plantStep(step: Story["steps"][number]): Story["steps"][number] {
  const request = `${step.do.charAt(0).toUpperCase()}${step.do.slice(1)}Request`;
  const note = canaries[`carehub.intake.v1.${request}.note`];
  return note === undefined ? step : { ...step, with: { ...step.with, note } };
}

function canary(field: string): string {
  const value = canaries[`carehub.intake.v1.${field}`];
  if (value === undefined) throw new Error(`no canary for ${field}`);
  return value;
}

function randomDigits(count: number): string {
  return Array.from(randomBytes(count), (byte) => byte % 10).join("");
}
