import type {
  AccountEvent,
  PaymentGuaranteed,
} from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import type { Money as WireMoney } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import type { Answer } from "../domain/answers.ts";
import { fromWireMoney } from "../wire/case-terms.ts";
import { fromWireDate } from "../wire/times.ts";
import type { Read } from "./consumed.ts";

/** What an event of billing says to a case. */
export function toAccountAnswer({ event }: AccountEvent): Read | "unknown-variant" {
  const { case: variant, value } = event;
  const read = (answer: Answer): Read => ({ variant: variant ?? "", value, answer });
  switch (event.case) {
    case "estimateIssued": {
      const { round, estimate, total } = event.value;
      const priced = { estimate, total: fromWireMoney(total, "total") };
      return read({ kind: "EstimateIssued", round, estimate: priced });
    }
    case "estimateDeclined":
      return read({ kind: "EstimateDeclined", ...ofRound(event.value) });
    case "estimateWithdrawn":
      return read({ kind: "EstimateWithdrawn", ...ofRound(event.value) });
    case "paymentGuaranteed":
      return read(guaranteed(event.value));
    case "guaranteeReleased": {
      const { round, guarantee } = event.value;
      return read({ kind: "GuaranteeReleased", round, guarantee });
    }
    case "invoiceIssued": {
      const { invoice, total } = event.value;
      return read({ kind: "InvoiceIssued", invoice, total: fromWireMoney(total, "total") });
    }
    case "invoiceAccepted": {
      const { invoice, accepted, contested } = event.value;
      const amount = fromWireMoney(accepted, "accepted");
      return read({ kind: "InvoiceAccepted", invoice, amount, ...contestedNow(contested) });
    }
    case "invoiceContested": {
      const { invoice, contested } = event.value;
      const amount = fromWireMoney(contested, "contested");
      return read({ kind: "InvoiceContested", invoice, amount });
    }
    case "creditNoteIssued": {
      const { invoice, creditNote, amount } = event.value;
      const taken = { creditNote, amount: fromWireMoney(amount, "amount") };
      const { contested } = event.value;
      return read({ kind: "CreditNoteIssued", invoice, ...taken, ...contestedNow(contested) });
    }
    case "invoiceSettled":
      return read({ kind: "InvoiceSettled", invoice: event.value.invoice });
    case undefined:
      return "unknown-variant";
    default:
      return event satisfies never;
  }
}

/** Absent in events of before the field was added. */
function contestedNow(contested: WireMoney | undefined) {
  return contested === undefined ? {} : { contested: fromWireMoney(contested, "contested") };
}

function ofRound({ round, reason }: { round: number; reason: string }) {
  return { round, reason };
}

function guaranteed(event: PaymentGuaranteed): Answer {
  const guarantee = {
    guarantee: event.guarantee,
    round: event.round,
    cap: fromWireMoney(event.cap, "cap"),
    validUntil: fromWireDate(event.validUntilDate, "valid_until_date"),
    firstDate: fromWireDate(event.firstDate, "first_date"),
    lastDate: fromWireDate(event.lastDate, "last_date"),
  };
  return { kind: "PaymentGuaranteed", guarantee };
}
