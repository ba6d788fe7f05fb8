import type { Due, MessageSource } from "@carehub/database/source";
import { DomainError } from "@carehub/rules/domain-error";
import { parseName, type Uuid } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { counter } from "@carehub/runtime/meters";
import type { Answer } from "../domain/answers.ts";
import { awaitedAnswers } from "../domain/awaited.ts";
import { overdue, reminderKind } from "../domain/dues.ts";
import type { Told } from "../domain/events.ts";
import { takeAnswer as decideAnswer, passTime } from "../domain/progress.ts";
import { carryOn, type Referral, type ReferralDecision } from "../domain/referral.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import { loadReferralUnseen } from "../storage/referral-store.ts";
import { changeReferral } from "./change-referral.ts";
import type { IntakeContext } from "./intake-app.ts";

const reminders = counter(
  "carehub.intake.reminders",
  "Times that a case waited longer than it should for a service or a hub's records.",
);

/** What moves a case without a command: the answers of other services, and times that pass. */
export function createCaseAnswers(context: IntakeContext) {
  const { db, publish, logger } = context;
  const load = async (id: Uuid): Promise<StoredReferral> => {
    const stored = await loadReferralUnseen(db, id);
    if (stored === undefined) throw new DomainError("REFERRAL_NOT_FOUND");
    return stored;
  };
  return {
    /** Takes one answer in; what is of no referral (a hub's own patient) is ignored. */
    takeAnswer: async (
      id: Uuid,
      { answer, told, source }: { answer: Answer; told: Told; source: MessageSource },
    ): Promise<"done" | "duplicate" | "ignored"> => {
      try {
        const { kind } = await changeReferral(db, {
          ...{ id, source, publish },
          load: () => load(id),
          rule: ({ referral }, now) =>
            carryOn(referral, decideAnswer(referral.facts, { answer, told, now })),
        });
        return kind === "done" ? "done" : "duplicate";
      } catch (error) {
        if (error instanceof DomainError && error.reason === "REFERRAL_NOT_FOUND") return "ignored";
        throw error;
      }
    },
    /** Raises a due row: the case is stopped, billing is asked first, or operators are reminded of the case. */
    raise: async (due: Due): Promise<void> => {
      const id = parseName(due.aggregate, "referrals", "aggregate");
      await changeReferral(db, {
        ...{ id, publish, source: { kind: "due", due } as const },
        load: () => load(id),
        rule: ({ referral }, now) => raiseOverdue(referral, now),
      });
      if (due.kind !== reminderKind) return;
      reminders.add(1, { [attributes.dueKind]: due.kind });
      const { referral } = await load(id);
      const awaited = awaitedAnswers(referral.facts).map(({ key }) => key);
      logger.warn({ referral: due.aggregate, awaited }, "a case waits longer than it should");
    },
  };
}

/** The same outcome that a command gets which comes after the time: the one rule compares. */
function raiseOverdue(referral: Referral, now: Temporal.Instant): ReferralDecision {
  const passed = overdue(referral.facts, now);
  if (passed === undefined) return { state: referral, events: [] };
  return carryOn(referral, passTime(referral.facts, passed, now));
}
