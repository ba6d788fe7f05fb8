/**
 * The names of our span and metric attributes; nobody writes one as a text elsewhere. None of them
 * ever holds a person's data: ids of cases and organisations, kinds, codes and numbers only.
 */
export const attributes = {
  /** Full name of the aggregate, `courses/{uuid}`. */
  aggregate: "carehub.aggregate",
  /** Revision of the aggregate after the change. */
  revision: "carehub.revision",
  /** Full name of the referral, `referrals/{uuid}`. */
  referral: "carehub.referral",
  /** Number of the round that a request or answer belongs to. */
  round: "carehub.round",
  /** The calling organisation, `ministry/UZ`. */
  caller: "carehub.caller",
  /** Role of the calling organisation. */
  role: "carehub.role",
  /** Full gRPC method, `carehub.intake.v1.ReferralService/SubmitReferral`. */
  method: "carehub.method",
  /** Name of the gRPC status code. */
  code: "carehub.code",
  /** The coded reason of a refusal. */
  reason: "carehub.reason",
  /** How often a decision or a message was tried. */
  attempt: "carehub.attempt",
  /** The answer of an operation that has several good ends. */
  outcome: "carehub.outcome",
  /** Variant of an event, `CourseHeld`. */
  eventType: "carehub.event.type",
  /** Id of an event, a UUID of version 7. */
  eventId: "carehub.event.id",
  /** Number of an event in its service's published order. */
  eventNumber: "carehub.event.number",
  /** Topic of an event. */
  topic: "carehub.topic",
  /** Partition of a topic. */
  partition: "carehub.partition",
  /** Name of a consumer of a topic. */
  consumer: "carehub.consumer",
  /** Name of a prepared statement. */
  statement: "carehub.statement",
  /** Care state of a case, `IN_TREATMENT`. */
  careState: "carehub.care_state",
  /** Kind of a due row. */
  dueKind: "carehub.due.kind",
} as const;

export type AttributeName = (typeof attributes)[keyof typeof attributes];
