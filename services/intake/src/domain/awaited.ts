import { type CaseFacts, isOpen, type RequestKey, roundOf } from "./facts.ts";

/** The requests that other services have not answered, oldest first, each with the time at which it was sent. */
export function awaitedAnswers(
  facts: CaseFacts,
): readonly { readonly key: RequestKey; readonly sentAt: Temporal.Instant }[] {
  return Object.entries(facts.sent)
    .map(([key, sentAt]) => ({ key, sentAt }))
    .filter(({ key }) => isCalledFor(facts, key) && !isAnswered(facts, key))
    .sort((one, other) => Temporal.Instant.compare(one.sentAt, other.sentAt));
}

/** Once a case is stopping, what it asked on its way forward matters no more; once closed, nothing does. */
function isCalledFor(facts: CaseFacts, key: RequestKey): boolean {
  if (facts.closed !== undefined) return false;
  const { kind, round } = partsOf(key);
  if (isOpen(facts)) return kind === "EntitlementRequested" || round === facts.round;
  return windDownKinds.has(kind);
}

const windDownKinds = new Set([
  "CourseStopRequested",
  "SeatRequested.CONSUME",
  "SeatRequested.RELEASE",
  "ChargesRequested",
  "AccountStopRequested",
]);

function isAnswered(facts: CaseFacts, key: RequestKey): boolean {
  const { kind, round } = partsOf(key);
  const { entitlement, seat } = facts;
  const answers = roundOf(facts, round);
  switch (kind) {
    case "EntitlementRequested":
      return Object.values(entitlement).some((answer) => answer !== undefined);
    case "CourseRequested":
      return answers.hold !== undefined || answers.unavailable !== undefined;
    case "EntitlementConfirmRequested":
      return answers.confirmation !== undefined;
    case "EstimateRequested":
      return answers.estimate !== undefined;
    case "BookingRequested":
      return answers.booked !== undefined || answers.lapsed !== undefined;
    case "SeatRequested.COMMIT":
      return seat !== "NONE" && seat !== "RESERVED";
    case "SeatRequested.CONSUME":
    case "SeatRequested.RELEASE":
      return seat === "CONSUMED" || seat === "RELEASED";
    case "ChargesRequested":
      return facts.invoice !== undefined;
    case "CourseStopRequested":
      return answers.released !== undefined || facts.ended !== undefined;
    default:
      return facts.isAccountStopped;
  }
}

function partsOf(key: RequestKey): { kind: string; round: number } {
  const [kind = "", round = ""] = key.split("@");
  return { kind, round: Number(round) };
}
