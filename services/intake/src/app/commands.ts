import type { Uuid } from "@carehub/rules/ids";
import type { CoursePlan } from "../domain/case-terms.ts";
import {
  acceptReferral,
  cancelReferral,
  declineReferral,
  type Note,
  provideInformation,
  type Referral,
  requestInformation,
} from "../domain/referral.ts";
import { loadReferral } from "../storage/referral-store.ts";
import { type Command, commandReferral } from "./change-referral.ts";
import type { IntakeContext } from "./intake-app.ts";
import { type DocumentInput, patientKey, sealDocuments, sealNote } from "./sealed-texts.ts";

type CancelReason = Parameters<typeof cancelReferral>[1]["reason"];

/** The commands on a referral, each answered with the bytes of its reply; a repeat gets the first ones. */
export function createCommands(context: IntakeContext) {
  const { keys, newId } = context;

  /** What a command brings of its own is sealed before the change begins: a rule calls nothing. */
  const sealing = async (id: Uuid, { caller }: Command, note: NoteInput) => {
    const { referral } = await loadReferral(context.db, id, caller);
    const key = await patientKey(keys, referral);
    const author = caller.name;
    const sealed = sealNote(key, { ...note, referralId: id, author, id: newId() });
    return { key, noteAt: (writtenAt: Temporal.Instant) => sealed && { ...sealed, writtenAt } };
  };
  const decline = async (
    id: Uuid,
    { as, reason, note }: { as: "REJECTED" | "RETURNED"; reason: string; note: string },
    command: Command,
  ) => {
    const kind = as === "REJECTED" ? "REJECTION" : "ADVICE";
    const { noteAt } = await sealing(id, command, { kind, text: note });
    return await commandReferral(context, { id, command }, (referral, now) =>
      declineReferral(referral, { as, reason, note: noteAt(now), now }),
    );
  };
  return {
    accept: (id: Uuid, plan: CoursePlan, command: Command) =>
      commandReferral(context, { id, command }, (referral, now) =>
        acceptReferral(referral, { plan, now }),
      ),
    reject: (id: Uuid, said: { reason: string; note: string }, command: Command) =>
      decline(id, { as: "REJECTED", ...said }, command),
    returnReferral: (id: Uuid, said: { reason: string; note: string }, command: Command) =>
      decline(id, { as: "RETURNED", ...said }, command),
    requestInformation: async (
      id: Uuid,
      { documentCodes, note }: { documentCodes: readonly string[]; note: string },
      command: Command,
    ) => {
      const asked: NoteInput = { kind: "INFORMATION_REQUEST", text: note };
      const { noteAt } = await sealing(id, command, asked);
      return await commandReferral(context, { id, command }, (referral, now) =>
        requestInformation(referral, { documentCodes, note: noteAt(now), now }),
      );
    },
    provideInformation: async (
      id: Uuid,
      given: { documents: readonly DocumentInput[]; note: string },
      command: Command,
    ) => {
      const said: NoteInput = { kind: "INFORMATION", text: given.note };
      const { key, noteAt } = await sealing(id, command, said);
      const documents = sealDocuments(key, { referralId: id, ...given }, newId);
      return await commandReferral(context, { id, command }, (referral: Referral, now) =>
        provideInformation(referral, { documents, note: noteAt(now), now }),
      );
    },
    cancel: (id: Uuid, reason: CancelReason, command: Command) =>
      commandReferral(context, { id, command }, (referral, now) =>
        cancelReferral(referral, { reason, now }),
      ),
  };
}

type NoteInput = { readonly kind: Note["kind"]; readonly text: string };
