import {
  acceptedOnly,
  answered,
  chargesClosed,
  courseEnded,
  guaranteedOnly,
  heldOnly,
  hubClosed,
  invoiced,
  ministryClosed,
  noStop,
  notAdmitted,
  notDeferred,
  nothingAsked,
  notTheHubs,
  notTheMinistrys,
  type Row,
  triageOver,
} from "./action-rows.builder.ts";
import type { SettlementState } from "./case-terms.ts";

/** Every command in each state of the money, where a ministry pays. */
export const moneyTable: Readonly<Record<SettlementState, Row>> = {
  NONE: acceptedOnly,
  ESTIMATED: heldOnly,
  GUARANTEED: guaranteedOnly,
  INVOICED: invoiced,
  PART_CONTESTED: {
    ministry: [ministryClosed, answered, "allowed: AcceptInvoice ContestInvoiceLines"],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      notTheHubs,
      chargesClosed,
      "allowed: ReplyToContest",
    ],
  },
  ACCEPTED: {
    ministry: [ministryClosed, answered, "LINE_NOT_OPEN: AcceptInvoice ContestInvoiceLines"],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      notTheHubs,
      chargesClosed,
      "LINE_NOT_CONTESTED: ReplyToContest",
    ],
  },
  SETTLED: {
    ministry: [ministryClosed, answered, "LINE_NOT_OPEN: AcceptInvoice ContestInvoiceLines"],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      notTheHubs,
      chargesClosed,
      "LINE_NOT_CONTESTED: ReplyToContest",
    ],
  },
};

/** The same where the patient pays. */
export const privateTable: Readonly<Record<SettlementState, Row>> = {
  NONE: acceptedOnly,
  ESTIMATED: {
    ministry: [nothingAsked, "allowed: DeferReferral CancelReferral", notDeferred, notTheMinistrys],
    hub: [
      triageOver,
      "allowed: DeferReferral MoveCourse PostponeSession GuaranteePayment DeclineEstimate",
      notDeferred,
      "COURSE_NOT_BOOKED <hub>: RecordAdmission",
      "COURSE_NOT_IN_TREATMENT <hub>: RecordSession DischargePatient InterruptCourse RecordSessions CorrectSession ExtendStay",
      noStop,
      "COURSE_NOT_INTERRUPTED <hub>: ResumeCourse",
      "CHARGES_CLOSED <hub>: RecordCharges",
      "INVOICE_NOT_FOUND <hub>: AcceptInvoice ContestInvoiceLines ReplyToContest",
    ],
  },
  GUARANTEED: {
    ministry: [nothingAsked, "allowed: DeferReferral CancelReferral", notDeferred, notTheMinistrys],
    hub: [
      triageOver,
      "allowed: DeferReferral MoveCourse PostponeSession RecordCharges",
      notDeferred,
      "COURSE_NOT_BOOKED <service>: RecordAdmission",
      "COURSE_NOT_IN_TREATMENT <service>: RecordSession DischargePatient InterruptCourse RecordSessions CorrectSession ExtendStay",
      noStop,
      "COURSE_NOT_INTERRUPTED <service>: ResumeCourse",
      answered,
      "INVOICE_NOT_FOUND <service>: AcceptInvoice ContestInvoiceLines ReplyToContest",
    ],
  },
  INVOICED: {
    ministry: [ministryClosed, notTheMinistrys],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      "allowed: GuaranteePayment AcceptInvoice ContestInvoiceLines",
      "ESTIMATE_NOT_OPEN: DeclineEstimate",
      chargesClosed,
      "LINE_NOT_CONTESTED <hub>: ReplyToContest",
    ],
  },
  PART_CONTESTED: {
    ministry: [ministryClosed, notTheMinistrys],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      "allowed: GuaranteePayment AcceptInvoice ContestInvoiceLines ReplyToContest",
      "ESTIMATE_NOT_OPEN: DeclineEstimate",
      chargesClosed,
    ],
  },
  ACCEPTED: {
    ministry: [ministryClosed, notTheMinistrys],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      "allowed: GuaranteePayment",
      "ESTIMATE_NOT_OPEN: DeclineEstimate",
      chargesClosed,
      "LINE_NOT_OPEN: AcceptInvoice ContestInvoiceLines",
      "LINE_NOT_CONTESTED: ReplyToContest",
    ],
  },
  SETTLED: {
    ministry: [ministryClosed, notTheMinistrys],
    hub: [
      hubClosed,
      notAdmitted,
      ...courseEnded,
      answered,
      chargesClosed,
      "LINE_NOT_OPEN: AcceptInvoice ContestInvoiceLines",
      "LINE_NOT_CONTESTED: ReplyToContest",
    ],
  },
};
