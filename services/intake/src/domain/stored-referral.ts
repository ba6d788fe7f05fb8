import type { Referral } from "./referral.ts";

/** A referral as it was read, with what only the row knows. */
export type StoredReferral = {
  readonly referral: Referral;
  readonly revision: number;
  readonly traceparent: string | null;
  readonly updatedAt: Temporal.Instant;
  readonly closedAt: Temporal.Instant | null;
};
