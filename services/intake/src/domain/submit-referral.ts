import { DomainError } from "@carehub/rules/domain-error";
import { invalidField } from "@carehub/rules/ids";
import type { Priority } from "./case-terms.ts";
import type { CaseFacts } from "./facts.ts";
import { progress } from "./progress.ts";
import type { Referral, ReferralDecision } from "./referral.ts";
import { dateAt, triageDeadline } from "./triage.ts";

/** What stands in the way of a new referral: found by its number, or by its patient and programme. */
export type Standing = {
  readonly withNumber?: string | undefined;
  readonly openForPatient?:
    | { readonly referral: string; readonly sendingParty: string }
    | undefined;
  /** The referral that the new one names as redirected. */
  readonly redirected?: Redirected | undefined;
};

/** What is known of a referral that a new one comes from. */
export type Redirected = {
  readonly referral: string;
  readonly patient: string;
  readonly programme: string;
  /** The hub that it was redirected to; undefined where it was not, or is still being stopped. */
  readonly toHub: string | undefined;
};

/** A new referral, its personal texts already sealed. The birth date is used for the age and kept nowhere. */
export type Submit = Pick<Referral, "id" | "placerNumber" | "consent" | "documents"> & {
  readonly sendingParty: string;
  readonly hub: string;
  readonly programme: string;
  readonly diagnosisCode: string;
  readonly priority: Priority;
  readonly birthDate: Temporal.PlainDate;
  readonly person: {
    readonly patient: string;
    readonly citizenship: string;
    readonly residenceCountry: string;
    readonly residenceRegion: string;
    readonly companionCount: number;
  };
};

const ageMax = 130;

/**
 * Takes a referral in and asks for the entitlement. A number is used once for ever; a patient has one open referral per
 * programme, and is told from others by the random id alone.
 */
export function submitReferral(
  standing: Standing,
  { command, now }: { command: Submit; now: Temporal.Instant },
): ReferralDecision {
  const { id, placerNumber, consent, documents, sendingParty } = command;
  const { hub, programme, diagnosisCode, priority, birthDate } = command;
  const referralDate = dateAt(sendingParty, now);
  if (Temporal.PlainDate.compare(birthDate, referralDate) > 0) {
    throw invalidField("identity.birth_date", "lies in the future");
  }
  if (Temporal.PlainDate.compare(consent.date, referralDate) > 0) {
    throw invalidField("consent.date", "lies in the future");
  }
  const ageYears = birthDate.until(referralDate, { largestUnit: "year" }).years;
  if (ageYears > ageMax) throw invalidField("identity.birth_date", "lies too far back");
  refuseStanding(standing, command);
  refuseMismatch(standing, command);
  const person = { ...command.person, ageYears, ageDate: referralDate };
  const facts: CaseFacts = {
    submission: { sendingParty, hub, programme, diagnosisCode, priority, person, referralDate },
    round: 1,
    rounds: {},
    sent: {},
    triageBy: triageDeadline(priority, now),
    entitlement: {},
    seat: "NONE",
    isAccountStopped: false,
    ...(standing.redirected && { redirectedFrom: standing.redirected.referral }),
  };
  const told = { kind: "ReferralSubmitted", submission: facts.submission } as const;
  const { state, events } = progress(facts, [told], now);
  const referral = { id, placerNumber, consent, documents, notes: [], createdAt: now };
  return { state: { ...referral, facts: state }, events };
}

/** The open referral is named only to the ministry that sent it: to another it is none of its business where. */
function refuseStanding({ withNumber, openForPatient }: Standing, command: Submit): void {
  if (withNumber !== undefined) {
    throw new DomainError("PLACER_NUMBER_TAKEN", { referral: withNumber });
  }
  if (openForPatient === undefined) return;
  const { referral, sendingParty } = openForPatient;
  const { programme } = command;
  const isOwn = sendingParty === command.sendingParty;
  throw new DomainError("OPEN_REFERRAL_EXISTS", isOwn ? { referral, programme } : { programme });
}

function refuseMismatch({ redirected }: Standing, { hub, programme, person }: Submit): void {
  if (redirected === undefined) return;
  const { referral, toHub } = redirected;
  const differs = [
    ...(toHub === hub ? [] : ["hub"]),
    ...(redirected.patient === person.patient ? [] : ["patient"]),
    ...(redirected.programme === programme ? [] : ["programme"]),
  ];
  if (differs.length === 0) return;
  throw new DomainError("REDIRECTION_MISMATCH", { referral, differs: differs.join() });
}
