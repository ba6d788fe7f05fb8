import type {
  EntitlementConfirmed,
  EntitlementEvent,
  EntitlementGranted,
} from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { parseCurrency } from "@carehub/money/currency";
import type { Answer } from "../domain/answers.ts";
import { fromWireMoney } from "../wire/case-terms.ts";
import { fromOptionalDate, fromWireAnswerTime } from "../wire/times.ts";
import type { Read } from "./consumed.ts";

/** What an event of agreements says to a case. */
export function toEntitlementAnswer({ event }: EntitlementEvent): Read | "unknown-variant" {
  const { case: variant, value } = event;
  const read = (answer: Answer): Read => ({ variant: variant ?? "", value, answer });
  switch (event.case) {
    case "entitlementGranted":
      return read(granted(event.value));
    case "entitlementPended": {
      const { round, place } = event.value;
      const promisedDate = fromOptionalDate(event.value.promisedDate, "promised_date");
      return read({
        kind: "EntitlementPended",
        round,
        place,
        ...(promisedDate && { promisedDate }),
      });
    }
    case "entitlementRefused": {
      const { round, reason } = event.value;
      return read({ kind: "EntitlementRefused", round, reason });
    }
    case "entitlementConfirmed":
      return read(confirmed(event.value));
    case "seatCommitted":
      return read({ kind: "SeatCommitted", round: event.value.round });
    case "seatConsumed":
      return read({ kind: "SeatConsumed", round: event.value.round });
    case "seatReleased":
      return read({ kind: "SeatReleased", round: event.value.round });
    case undefined:
      return "unknown-variant";
    default:
      return event satisfies never;
  }
}

function granted(event: EntitlementGranted): Answer {
  const { round, decision, agreement, payers, answerTime, currencyCode, creditor, seat } = event;
  const grant = {
    decision,
    agreement,
    payers: payers.map(({ party, shareBasisPoints }) => ({ party, shareBasisPoints })),
    answerTime: fromWireAnswerTime(answerTime, "answer_time"),
    currency: parseCurrency(currencyCode),
    creditor,
  };
  return { kind: "EntitlementGranted", round, grant, hasSeat: seat !== undefined };
}

function confirmed(event: EntitlementConfirmed): Answer {
  const { round, tariff, tariffVersion, prices, contestTime, seat } = event;
  const confirmation = {
    tariff,
    tariffVersion,
    prices: prices.map(({ serviceCode, unitPrice }) => ({
      serviceCode,
      unitPrice: fromWireMoney(unitPrice, "unit_price"),
    })),
    contestTime: fromWireAnswerTime(contestTime, "contest_time"),
  };
  return { kind: "EntitlementConfirmed", round, confirmation, hasSeat: seat !== undefined };
}
