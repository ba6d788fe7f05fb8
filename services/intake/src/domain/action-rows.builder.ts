import type { Side } from "./actions.ts";

/** What each side may do, as `shownActions` writes it. */
export type Row = Readonly<Record<Side, readonly string[]>>;

export const triageOver =
  "REFERRAL_NOT_IN_TRIAGE: AcceptReferral RejectReferral ReturnReferral RedirectReferral RequestInformation";
export const hubClosed =
  "REFERRAL_CLOSED: AcceptReferral RejectReferral ReturnReferral RedirectReferral RequestInformation DeferReferral ResumeReferral";
export const ministryClosed =
  "REFERRAL_CLOSED: ProvideInformation DeferReferral ResumeReferral CancelReferral";
export const notTheHubs =
  "PAYER_IS_PARTY: GuaranteePayment DeclineEstimate AcceptInvoice ContestInvoiceLines";
export const notTheMinistrys =
  "PAYER_IS_PRIVATE: GuaranteePayment DeclineEstimate AcceptInvoice ContestInvoiceLines";
export const answered = "ESTIMATE_NOT_OPEN: GuaranteePayment DeclineEstimate";
export const notDeferred = "NOT_DEFERRED: ResumeReferral";
export const nothingAsked = "INFORMATION_NOT_REQUESTED: ProvideInformation";
export const noStop = "STOP_NOT_PENDING: DeclineCourseStop";
export const courseEnded = [
  "COURSE_NOT_IN_TREATMENT: RecordSession DischargePatient InterruptCourse RecordSessions ExtendStay",
  noStop,
  "COURSE_NOT_MOVABLE: MoveCourse PostponeSession",
  "COURSE_NOT_INTERRUPTED: ResumeCourse",
  "COURSE_ENDED: CorrectSession",
] as const;
export const notTreated =
  "COURSE_NOT_IN_TREATMENT: RecordSession DischargePatient InterruptCourse RecordSessions CorrectSession ExtendStay";
export const notAdmitted = "COURSE_NOT_BOOKED: RecordAdmission";
export const chargesClosed = "CHARGES_CLOSED: RecordCharges";

export const hubOverdue =
  "ANSWER_OVERDUE <service>: AcceptReferral RejectReferral ReturnReferral RedirectReferral RequestInformation DeferReferral ResumeReferral";
export const ministryOverdue =
  "ANSWER_OVERDUE <service>: ProvideInformation DeferReferral ResumeReferral";
export const tooLateToAnswer = "ANSWER_TOO_LATE: GuaranteePayment DeclineEstimate";

export const inTriage: Row = {
  ministry: [
    "INFORMATION_NOT_REQUESTED <hub>: ProvideInformation",
    "DEFERRAL_NOT_POSSIBLE <hub>: DeferReferral",
    notDeferred,
    "allowed: CancelReferral",
    "ACCOUNT_NOT_FOUND <hub>: GuaranteePayment DeclineEstimate",
    "INVOICE_NOT_FOUND <hub>: AcceptInvoice ContestInvoiceLines",
  ],
  hub: [
    "allowed: AcceptReferral RejectReferral ReturnReferral RedirectReferral RequestInformation",
    "DEFERRAL_NOT_POSSIBLE <hub>: DeferReferral",
    notDeferred,
    "COURSE_NOT_FOUND <hub>: RecordAdmission RecordSession DischargePatient DeclineCourseStop MoveCourse PostponeSession InterruptCourse ResumeCourse RecordSessions CorrectSession ExtendStay",
    "ACCOUNT_NOT_FOUND <hub>: GuaranteePayment DeclineEstimate RecordCharges",
    "INVOICE_NOT_FOUND <hub>: AcceptInvoice ContestInvoiceLines ReplyToContest",
  ],
};

export const acceptedOnly: Row = {
  ministry: [
    nothingAsked,
    "allowed: DeferReferral CancelReferral",
    notDeferred,
    "ACCOUNT_NOT_FOUND <service>: GuaranteePayment DeclineEstimate",
    "INVOICE_NOT_FOUND <service>: AcceptInvoice ContestInvoiceLines",
  ],
  hub: [
    triageOver,
    "allowed: DeferReferral",
    notDeferred,
    "COURSE_NOT_FOUND <service>: RecordAdmission RecordSession DischargePatient DeclineCourseStop MoveCourse PostponeSession InterruptCourse ResumeCourse RecordSessions CorrectSession ExtendStay",
    "ACCOUNT_NOT_FOUND <service>: GuaranteePayment DeclineEstimate RecordCharges",
    "INVOICE_NOT_FOUND <service>: AcceptInvoice ContestInvoiceLines ReplyToContest",
  ],
};

export const heldOnly: Row = {
  ministry: [
    nothingAsked,
    "allowed: DeferReferral CancelReferral GuaranteePayment DeclineEstimate",
    notDeferred,
    "INVOICE_NOT_FOUND <ministry>: AcceptInvoice ContestInvoiceLines",
  ],
  hub: [
    triageOver,
    "allowed: DeferReferral MoveCourse PostponeSession",
    notDeferred,
    "COURSE_NOT_BOOKED <ministry>: RecordAdmission",
    "COURSE_NOT_IN_TREATMENT <ministry>: RecordSession DischargePatient InterruptCourse RecordSessions CorrectSession ExtendStay",
    noStop,
    "COURSE_NOT_INTERRUPTED <ministry>: ResumeCourse",
    notTheHubs,
    "CHARGES_CLOSED <ministry>: RecordCharges",
    "INVOICE_NOT_FOUND <ministry>: ReplyToContest",
  ],
};

export const guaranteedOnly: Row = {
  ministry: [
    nothingAsked,
    "allowed: DeferReferral CancelReferral",
    notDeferred,
    answered,
    "INVOICE_NOT_FOUND <service>: AcceptInvoice ContestInvoiceLines",
  ],
  hub: [
    triageOver,
    "allowed: DeferReferral MoveCourse PostponeSession RecordCharges",
    notDeferred,
    "COURSE_NOT_BOOKED <service>: RecordAdmission",
    "COURSE_NOT_IN_TREATMENT <service>: RecordSession DischargePatient InterruptCourse RecordSessions CorrectSession ExtendStay",
    noStop,
    "COURSE_NOT_INTERRUPTED <service>: ResumeCourse",
    notTheHubs,
    "INVOICE_NOT_FOUND <service>: ReplyToContest",
  ],
};

export const closedUnpriced: Row = {
  ministry: [
    ministryClosed,
    "ACCOUNT_NOT_FOUND: GuaranteePayment DeclineEstimate",
    "INVOICE_NOT_FOUND: AcceptInvoice ContestInvoiceLines",
  ],
  hub: [
    hubClosed,
    "COURSE_NOT_FOUND: RecordAdmission RecordSession DischargePatient DeclineCourseStop MoveCourse PostponeSession InterruptCourse ResumeCourse RecordSessions CorrectSession ExtendStay",
    "ACCOUNT_NOT_FOUND: GuaranteePayment DeclineEstimate RecordCharges",
    "INVOICE_NOT_FOUND: AcceptInvoice ContestInvoiceLines ReplyToContest",
  ],
};

export const invoiced: Row = {
  ministry: [ministryClosed, answered, "allowed: AcceptInvoice ContestInvoiceLines"],
  hub: [
    hubClosed,
    notAdmitted,
    ...courseEnded,
    notTheHubs,
    chargesClosed,
    "LINE_NOT_CONTESTED <ministry>: ReplyToContest",
  ],
};
