import { DomainError, type DomainErrorOptions } from "@carehub/rules/domain-error";
import type { BillingReason } from "./reasons.ts";

/** A refusal for one of billing's own reasons; the metadata names what is in the way. */
export function refusal(
  reason: BillingReason,
  metadata: Readonly<Record<string, string>> = {},
  options: DomainErrorOptions = {},
): DomainError<BillingReason> {
  return new DomainError(reason, metadata, options);
}
