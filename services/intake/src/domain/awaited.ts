import { type CaseFacts, isOpen, type RequestKey, roundOf, standingGuarantee } from "./facts.ts";

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
  const { kind, part, round } = partsOf(key);
  if (!isOpen(facts)) {
    return kind === "SeatRequested" ? part !== "COMMIT" : windDownKinds.has(kind);
  }
  if (anyRoundKinds.has(kind) || part === "RELEASE") return true;
  return round === facts.round;
}

const anyRoundKinds = new Set(["EntitlementRequested", "EstimateWithdrawRequested"]);
const windDownKinds = new Set(["CourseStopRequested", "ChargesRequested", "AccountStopRequested"]);

function isAnswered(facts: CaseFacts, key: RequestKey): boolean {
  const { kind, part, round } = partsOf(key);
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
      return answers.estimate !== undefined || answers.estimateEnd !== undefined;
    case "EstimateWithdrawRequested":
      // A guarantee that stands is no answer of its own: it was told before.
      return answers.estimateEnd !== undefined || (facts.guarantee?.round ?? 0) >= round;
    case "BookingRequested":
      return answers.booked !== undefined || answers.lapsed !== undefined;
    case "SeatRequested":
      if (part === "COMMIT") return seat !== "NONE" && seat !== "RESERVED";
      return seat === "CONSUMED" || seat === "RELEASED";
    case "ChargesRequested":
      return facts.invoice !== undefined;
    case "CourseStopRequested": {
      if (answers.released !== undefined || facts.ended !== undefined) return true;
      if (part === "DEFERRED") return isNothingToStop(facts, round);
      return (facts.declinedStops ?? 0) >= Number(part || 1);
    }
    default:
      return facts.isAccountStopped || (part === "RELEASE" && isGivenBack(facts, round));
  }
}

/** Capacity had nothing to give back for a deferral, or treatment had begun before it heard. */
function isNothingToStop(facts: CaseFacts, round: number): boolean {
  const { lapsed, unavailable } = roundOf(facts, round);
  const isGone = lapsed !== undefined || unavailable?.waitlisted === false;
  return isGone || facts.startedOn !== undefined;
}

/** Whether billing has nothing left of what was open when it was asked to release it. */
function isGivenBack(facts: CaseFacts, round: number): boolean {
  const standing = standingGuarantee(facts);
  if (standing !== undefined && standing.round <= round) return false;
  const { guarantee } = facts;
  const isGuaranteed = guarantee !== undefined && guarantee.round >= round;
  return isGuaranteed || roundOf(facts, round).estimateEnd !== undefined;
}

function partsOf(key: RequestKey): { kind: string; part: string; round: number } {
  const [name = "", round = ""] = key.split("@");
  const [kind = "", part = ""] = name.split(".");
  return { kind, part, round: Number(round) };
}
