import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { SubmitReferralRequestSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { z } from "zod";

const hoursMax = 24 * 365;
const stepsMax = 50;
const applicantsMax = 50;

export const stepActions = [
  "acceptReferral",
  "rejectReferral",
  "returnReferral",
  "redirectReferral",
  "requestInformation",
  "provideInformation",
  "deferReferral",
  "resumeReferral",
  "cancelReferral",
  "grantOpenings",
  "guaranteePayment",
  "recordDeposit",
  "declineEstimate",
  "treatPatient",
  "confirmStop",
  "declineCourseStop",
  "acceptInvoice",
  "contestInvoiceLines",
  "replyToContest",
] as const;

export type StepAction = (typeof stepActions)[number];

const eventName = z.string().regex(/^[a-z][A-Za-z]+$/, "is an event's name as in JSON");
const reasonCode = z.string().regex(/^[A-Z][A-Z_]+$/, "is a coded reason");
const fields = z.record(z.string(), z.json());
const submitTime = z.iso.datetime();

const stepSchema = z.strictObject({
  /** The event of the case that this step answers, as its field is named in JSON. */
  on: eventName,
  /** Which occurrence of it, from 1. */
  occurrence: z.int().min(1).max(60).default(1),
  as: z.enum(["ministry", "hub"]),
  do: z.enum(stepActions),
  /** How long the partner takes, on the sandbox clock. */
  afterHours: z.number().min(0).max(hoursMax).default(0),
  /** The fields of the command, as ProtoJSON. */
  with: fields.default({}),
  /** The reason with which the platform must refuse the step. */
  expectsReason: reasonCode.optional(),
});

const expectedSchema = z.strictObject({
  /** `NOT_SUBMITTED` where the platform must refuse the referral itself. */
  careState: z.string().regex(/^[A-Z_]+$/),
  settlementState: z.string().regex(/^[A-Z_]+$/),
  reason: z.string(),
  /** The story whose referral the refusal must name. */
  existing: z.string().optional(),
  /** Events that must stand in the timeline, in this order. */
  events: z.array(eventName).default([]),
  /** What events must say: a part of their ProtoJSON. */
  shows: z
    .array(
      z.strictObject({
        event: eventName,
        occurrence: z.int().min(1).default(1),
        contains: fields,
      }),
    )
    .default([]),
});

const applicantSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,20}$/),
  title: z.string().min(1).optional(),
  submitTime: submitTime.optional(),
  /** What differs from the file's referral. */
  referral: fields.default({}),
  steps: z.array(stepSchema).max(stepsMax).optional(),
  expected: expectedSchema.partial().optional(),
});

/** One file of `examples/referrals`. */
export const storyFileSchema = z.strictObject({
  title: z.string().min(1),
  illustrative: z.literal(true),
  source: z.string().optional(),
  /** ISO 3166-1 code of the ministry that sends. */
  ministry: z.string().regex(/^[A-Z]{2}$/),
  /** When it is sent, on the sandbox clock. */
  submitTime,
  /** An earlier story whose referral is sent again, with what `referral` changes. */
  sameReferralAs: z.string().optional(),
  /** An earlier story that a hub redirected, and that this one follows. */
  redirectedFrom: z.string().optional(),
  referral: fields.default({}),
  steps: z.array(stepSchema).max(stepsMax),
  expected: expectedSchema,
  /** Several referrals that differ in little; without it there is one. */
  applicants: z.array(applicantSchema).min(1).max(applicantsMax).optional(),
});

export type StoryFile = z.output<typeof storyFileSchema>;
export type Step = z.output<typeof stepSchema>;

/** One case as the examples tell it: what is sent, who answers what, and how it must end. */
export type Story = ReturnType<typeof toStory>;

type Told = Omit<StoryFile, "applicants" | "sameReferralAs"> & { readonly id: string };

/** Makes a story of what was told; a referral that does not fit its message is an error naming the story. */
export function toStory({ referral, submitTime, ...story }: Told) {
  return {
    ...story,
    submitAt: Temporal.Instant.from(submitTime),
    referral: parseReferral(story.id, referral as JsonValue),
  };
}

function parseReferral(id: string, referral: JsonValue) {
  try {
    return fromJson(SubmitReferralRequestSchema, referral);
  } catch (cause) {
    throw new Error(`${id}: referral: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
