import { CallError } from "@carehub/grpc/call-error";
import { expect, test } from "vitest";
import { adviceFor, describeRefusal, refusalDocument } from "./refusal.ts";

const facts = {
  code: "ALREADY_EXISTS",
  reason: "PLACER_NUMBER_TAKEN",
  domain: "intake.carehub",
  metadata: { referral: "referrals/1" },
  violations: [],
  traceId: "0af7651916cd43dd8448eb211c80319c",
} as const;

test("tells the reason, the facts, what to do and the trace", () => {
  expect(describeRefusal(new CallError("SubmitReferral", facts))).toBe(
    [
      "refused: PLACER_NUMBER_TAKEN (ALREADY_EXISTS)",
      "  referral: referrals/1",
      "what to do: the referral exists already: `carehub show` it by the name above.",
      "trace: 0af7651916cd43dd8448eb211c80319c",
    ].join("\n"),
  );
});

test("tells a program the same", () => {
  const { error } = refusalDocument(new CallError("SubmitReferral", facts));
  expect(error).toMatchObject({ ...facts, advice: expect.stringContaining("show") });
});

test.each([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "FAILED_PRECONDITION",
  "ABORTED",
  "PERMISSION_DENIED",
  "UNAUTHENTICATED",
  "RESOURCE_EXHAUSTED",
  "UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "UNIMPLEMENTED",
] as const)("has advice for %s whatever the reason", (code) => {
  expect(adviceFor({ code, reason: "" })).not.toContain("ask an operator");
});

test("what to do about a hold that does not fit, and about an approval by the same person", () => {
  const advice = (reason: string) => adviceFor({ code: "FAILED_PRECONDITION", reason });
  expect(advice("HUB_CLOSED")).toContain("carehub grant");
  expect(advice("OVERRIDE_SAME_PERSON")).toContain("--actor");
});
