import type { Money } from "@carehub/money/money";
import type { ContestReason } from "./account.ts";
import type { PartyName } from "./names.ts";
import type { PricedLine } from "./pricing.ts";
import type { Deadline } from "./terms.ts";

/** Why a payer says no. */
export const declineReasons = ["BUDGET_EXHAUSTED", "TREATED_AT_HOME", "OTHER"] as const;

export type DeclineReason = (typeof declineReasons)[number];

/** What happened to an account; names are full resource names. */
export type AccountEvent =
  | {
      readonly kind: "EstimateIssued";
      readonly round: number;
      readonly estimate: string;
      readonly lines: readonly PricedLine[];
      readonly total: Money;
      readonly answerBy: Deadline;
      readonly payer: PartyName;
    }
  | { readonly kind: "EstimateDeclined"; readonly round: number; readonly reason: string }
  | { readonly kind: "EstimateWithdrawn"; readonly round: number; readonly reason: string }
  | {
      readonly kind: "PaymentGuaranteed";
      readonly round: number;
      readonly guarantee: string;
      readonly cap: Money;
      readonly validUntil: Temporal.PlainDate;
      readonly toleranceBasisPoints: number;
      readonly firstDate: Temporal.PlainDate;
      readonly lastDate: Temporal.PlainDate;
    }
  | {
      readonly kind: "GuaranteeReleased";
      readonly round: number;
      /** Empty when there was none. */
      readonly guarantee: string;
      readonly reason: string;
    }
  | {
      readonly kind: "InvoiceIssued";
      readonly invoice: string;
      readonly lines: readonly PricedLine[];
      readonly total: Money;
      readonly debtor: PartyName;
      readonly creditor: PartyName;
      readonly contestBy: Deadline;
    }
  | {
      readonly kind: "InvoiceAccepted";
      readonly invoice: string;
      /** What is accepted by now, after credits. */
      readonly accepted: Money;
      /** What is contested now. */
      readonly contested: Money;
    }
  | {
      readonly kind: "InvoiceContested";
      readonly invoice: string;
      readonly sequences: readonly number[];
      readonly reason: ContestReason;
      /** What is contested by now. */
      readonly contested: Money;
    }
  | {
      readonly kind: "CreditNoteIssued";
      readonly invoice: string;
      readonly creditNote: string;
      readonly amount: Money;
      /** What is contested now. */
      readonly contested: Money;
    }
  | {
      readonly kind: "InvoiceSettled";
      readonly invoice: string;
      readonly paid: Money;
      /** Empty when nothing was owed. */
      readonly statement: string;
    };
