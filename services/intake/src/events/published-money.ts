import { CourseOutcome } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import type { ChargesRequest, EstimateRequest } from "../domain/requests.ts";
import { toWireMoney } from "../wire/case-terms.ts";
import { toWireAnswerTime, toWireDate, toWireDeadline } from "../wire/times.ts";

/** The request to price a course, for the wire. */
export function toWireEstimateRequest(request: EstimateRequest) {
  const { round, tariff, tariffVersion, creditor, currency } = request;
  const { hub, sendingParty } = request;
  return {
    ...{ round, tariff, tariffVersion, creditor, hub, sendingParty, currencyCode: currency },
    serviceItems: request.serviceItems.map((item) => ({ ...item })),
    prices: request.prices.map(({ serviceCode, unitPrice }) => ({
      serviceCode,
      unitPrice: toWireMoney(unitPrice),
    })),
    payers: request.payers.map((payer) => ({ ...payer })),
    answerBy: toWireDeadline(request.answerBy),
    releaseTime: toTimestamp(request.releaseAt),
    firstDate: toWireDate(request.firstDate),
    lastDate: toWireDate(request.lastDate),
    contestTime: toWireAnswerTime(request.contestTime),
  };
}

/** The request to charge what was delivered, for the wire. */
export function toWireCharges(request: ChargesRequest) {
  const { round, outcome, deliveredItems, admissionDate, dischargeDate } = request;
  return {
    round,
    outcome: CourseOutcome[outcome],
    deliveredItems: deliveredItems.map((item) => ({ ...item })),
    ...(admissionDate && { admissionDate: toWireDate(admissionDate) }),
    ...(dischargeDate && { dischargeDate: toWireDate(dischargeDate) }),
  };
}
