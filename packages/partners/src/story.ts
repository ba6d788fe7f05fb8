import type { JsonValue } from "@bufbuild/protobuf";
import { fromJson } from "@bufbuild/protobuf";
import { SubmitReferralRequestSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { z } from "zod";

const hoursMax = 24 * 365;

export const stepActions = [
  "acceptReferral",
  "rejectReferral",
  "returnReferral",
  "requestInformation",
  "provideInformation",
  "cancelReferral",
  "guaranteePayment",
  "declineEstimate",
  "treatPatient",
  "acceptInvoice",
  "contestInvoiceLines",
] as const;

export type StepAction = (typeof stepActions)[number];

const stepSchema = z.strictObject({
  /** The event of the case that this step answers, as its field is named in JSON. */
  on: z.string().regex(/^[a-z][A-Za-z]+$/),
  /** Which occurrence of it, from 1. */
  occurrence: z.int().min(1).max(20).default(1),
  as: z.enum(["ministry", "hub"]),
  do: z.enum(stepActions),
  /** How long the partner takes, on the sandbox clock. */
  afterHours: z.number().min(0).max(hoursMax).default(0),
  /** The fields of the command, as ProtoJSON. */
  with: z.record(z.string(), z.json()).default({}),
});

const storySchema = z.strictObject({
  title: z.string().min(1),
  illustrative: z.literal(true),
  source: z.string().optional(),
  /** ISO 3166-1 code of the ministry that sends. */
  ministry: z.string().regex(/^[A-Z]{2}$/),
  /** When it is sent, on the sandbox clock. */
  submitTime: z.string().datetime(),
  referral: z.record(z.string(), z.json()),
  steps: z.array(stepSchema).max(50),
  expected: z.strictObject({
    careState: z.string().regex(/^[A-Z_]+$/),
    settlementState: z.string().regex(/^[A-Z_]+$/),
    reason: z.string(),
    /** Events that must stand in the timeline, in this order. */
    events: z.array(z.string()).default([]),
  }),
});

export type Step = z.output<typeof stepSchema>;

/** One case as an example file tells it: what is sent, who answers what, and how it must end. */
export type Story = ReturnType<typeof parseStory>;

/** Reads a story; what is wrong with it is told with the file's name and the field. */
export function parseStory(id: string, document: unknown) {
  const parsed = storySchema.safeParse(document);
  if (!parsed.success) throw new Error(`${id}: ${z.prettifyError(parsed.error)}`);
  const { referral, submitTime, ...story } = parsed.data;
  return {
    ...story,
    id,
    submitAt: Temporal.Instant.from(submitTime),
    referral: fromJson(SubmitReferralRequestSchema, referral as JsonValue),
  };
}
