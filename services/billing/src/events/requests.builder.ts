import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CaseEventSchema } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { someTerms } from "../domain/account.builder.ts";
import { toWireMoney } from "../wire/money.ts";
import { toWireDate, toWireDeadline } from "../wire/times.ts";

/** A variant of intake's event, as a test writes it. */
export type WireEvent = NonNullable<MessageInitShape<typeof CaseEventSchema>["event"]>;
export type EstimateRequest = Extract<WireEvent, { case: "estimateRequested" }>["value"];

/** What intake sends for the terms of the builders. */
export function estimateRequest(over: Partial<EstimateRequest> = {}): WireEvent {
  const terms = someTerms();
  const { round, tariff, tariffVersion, creditor, currency, hub, contestTime } = terms;
  const value = {
    ...{ round, tariff, tariffVersion, creditor, hub },
    serviceItems: [...terms.serviceItems],
    prices: terms.prices.map(({ serviceCode, unitPrice }) => ({
      serviceCode,
      unitPrice: toWireMoney(unitPrice),
    })),
    payers: [{ party: terms.payer, shareBasisPoints: 10_000 }],
    answerBy: toWireDeadline(terms.answerBy),
    releaseTime: toTimestamp(terms.answerBy.expireAt),
    firstDate: toWireDate(terms.firstDate),
    lastDate: toWireDate(terms.lastDate),
    currencyCode: currency,
    contestTime: { ...contestTime, calendars: [...contestTime.calendars] },
    sendingParty: terms.payer,
    ...over,
  };
  return { case: "estimateRequested", value: value as EstimateRequest };
}
