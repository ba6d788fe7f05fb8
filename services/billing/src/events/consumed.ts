import {
  type CaseEvent,
  CaseEventSchema,
  type ChargesRequested,
  type EstimateRequested,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { ServiceItem as WireItem } from "@carehub/contracts/gen/carehub/type/v1/service_item_pb.ts";
import type { Handled, Message, Subscription } from "@carehub/events/message";
import { topics } from "@carehub/events/topics";
import { parseCurrency } from "@carehub/money/currency";
import { DomainError } from "@carehub/rules/domain-error";
import { invalidField, parseName } from "@carehub/rules/ids";
import type { Asked, CaseRequests } from "../app/case-requests.ts";
import type { Refused } from "../domain/estimate.ts";
import { parseHub, parseParty, parsePayer } from "../domain/names.ts";
import { type ServiceItem, solePayer, type Terms } from "../domain/terms.ts";
import { readMoney } from "../wire/money.ts";
import { readAnswerTime, readDate, readDeadline } from "../wire/times.ts";

/** Intake's topic, the only one that billing consumes. */
export function subscribeCases(requests: CaseRequests): Subscription<typeof CaseEventSchema> {
  return { topic: topics.cases, schema: CaseEventSchema, handle: onCaseEvent(requests) };
}

/** Acts on what intake asks of billing; every other event of a case is of no matter here. */
export function onCaseEvent(requests: CaseRequests) {
  return async (message: Message<CaseEvent>): Promise<Handled> => {
    const { aggregate, seen } = message;
    const { event } = message.event;
    const id = parseName(aggregate, "referrals", "aggregate");
    switch (event.case) {
      case "estimateRequested": {
        const terms = readTermsOrRefuse(event.value);
        return "reason" in terms
          ? await requests.refuseEstimate(id, terms, seen)
          : await requests.requestEstimate(id, terms, seen);
      }
      case "estimateWithdrawRequested": {
        const { round, reason } = event.value;
        return await requests.withdrawUnanswered(id, { round, reason }, seen);
      }
      case "chargesRequested":
        return await requests.requestCharges(id, readCharges(event.value), seen);
      case "accountStopRequested": {
        const { round, reason } = event.value;
        return await requests.stopAccount(id, { round, reason }, seen);
      }
      case "caseClosed":
        return await requests.closeAccount(id, seen);
      case undefined:
        return "unknown-variant";
      default:
        return "ignored";
    }
  };
}

// Terms that do not hold never will, however often the message comes: the case is told instead.
function readTermsOrRefuse(request: EstimateRequested): Asked | Refused {
  const { round } = request;
  if (round < 1) throw invalidField("round", "counts from 1");
  try {
    const terms = readTerms(request);
    // Requests of before private payers do not say who sends.
    if (request.sendingParty === "") return { terms };
    return { terms, sender: parseParty(request.sendingParty, "sending_party") };
  } catch (error) {
    if (error instanceof DomainError) return { round, reason: error.reason };
    throw error;
  }
}

function readTerms(request: EstimateRequested): Terms {
  const { round, tariff, tariffVersion, serviceItems, prices, payers } = request;
  const creditor = parseParty(request.creditor, "creditor");
  return {
    round,
    tariff,
    tariffVersion,
    creditor,
    serviceItems: readItems(serviceItems, "service_items"),
    prices: prices.map(({ serviceCode, unitPrice }) => {
      const price = readMoney(unitPrice, "prices.unit_price");
      if (price.amountMinor < 0n) throw invalidField("prices.unit_price", "is below zero");
      return { serviceCode, unitPrice: price };
    }),
    payer: solePayer(
      payers.map(({ party, shareBasisPoints }) => ({
        party: parsePayer(party, "payers.party"),
        shareBasisPoints,
      })),
      creditor,
    ),
    hub: parseHub(request.hub, "hub"),
    currency: parseCurrency(request.currencyCode),
    answerBy: readDeadline(request.answerBy, "answer_by"),
    firstDate: readDate(request.firstDate, "first_date"),
    lastDate: readDate(request.lastDate, "last_date"),
    contestTime: readAnswerTime(request.contestTime, "contest_time"),
  };
}

function readCharges({ round, deliveredItems }: ChargesRequested) {
  return { round, items: readItems(deliveredItems, "delivered_items") };
}

// An item without a quantity was not delivered; one below zero is nothing that could happen.
function readItems(items: readonly WireItem[], field: string): ServiceItem[] {
  return items
    .filter(({ quantity }) => quantity !== 0)
    .map(({ serviceCode, quantity }) => {
      if (quantity < 0) throw invalidField(field, "is below zero");
      return { serviceCode, quantity };
    });
}
