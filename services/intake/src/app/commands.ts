import type { Uuid } from "@carehub/rules/ids";
import type { CoursePlan } from "../domain/case-terms.ts";
import { deferReferral, type Resume, resumeReferral } from "../domain/deferral.ts";
import {
  acceptReferral,
  cancelReferral,
  declineReferral,
  type Note,
  provideInformation,
  redirectReferral,
  requestInformation,
} from "../domain/referral.ts";
import { loadReferral } from "../storage/referral-store.ts";
import { type Command, commandReferral } from "./change-referral.ts";
import type { IntakeContext } from "./intake-app.ts";
import { type DocumentInput, patientKey, sealDocuments, sealNote } from "./sealed-texts.ts";

type CancelReason = Parameters<typeof cancelReferral>[1]["reason"];
type NoteInput = { readonly kind: Note["kind"]; readonly text: string };
type Said = { readonly reason: string; readonly note: string };

/** The commands on a referral, each answered with the bytes of its reply; a repeat gets the first ones. */
export function createCommands(context: IntakeContext) {
  return {
    ...createWrittenCommands(context),
    accept: (id: Uuid, plan: CoursePlan, command: Command) =>
      commandReferral(context, { id, command }, (referral, now) =>
        acceptReferral(referral, { plan, now }),
      ),
    defer: (id: Uuid, reason: string, command: Command) =>
      commandReferral(context, { id, command }, (referral, now) =>
        deferReferral(referral, { reason, now }),
      ),
    resume: (id: Uuid, dates: Omit<Resume, "now">, command: Command) =>
      commandReferral(context, { id, command }, (referral, now) =>
        resumeReferral(referral, { ...dates, now }),
      ),
    cancel: (id: Uuid, reason: CancelReason, command: Command) =>
      commandReferral(context, { id, command }, (referral, now) =>
        cancelReferral(referral, { reason, now }),
      ),
  };
}

/** The commands that bring a text: what a command brings of its own is sealed before the change begins, a rule calls nothing. */
function createWrittenCommands(context: IntakeContext) {
  const { keys, newId } = context;
  const sealing = async (id: Uuid, { caller }: Command, note: NoteInput) => {
    const { referral } = await loadReferral(context.db, id, caller);
    const key = await patientKey(keys, referral);
    const author = caller.name;
    const sealed = sealNote(key, { ...note, referralId: id, author, id: newId() });
    return { key, noteAt: (writtenAt: Temporal.Instant) => sealed && { ...sealed, writtenAt } };
  };
  const decline = async (
    id: Uuid,
    { as, reason, note }: Said & { readonly as: "REJECTED" | "RETURNED" },
    command: Command,
  ) => {
    const kind = as === "REJECTED" ? "REJECTION" : "ADVICE";
    const { noteAt } = await sealing(id, command, { kind, text: note });
    return await commandReferral(context, { id, command }, (referral, now) =>
      declineReferral(referral, { as, reason, note: noteAt(now), now }),
    );
  };
  return {
    reject: (id: Uuid, said: Said, command: Command) =>
      decline(id, { as: "REJECTED", ...said }, command),
    returnReferral: (id: Uuid, said: Said, command: Command) =>
      decline(id, { as: "RETURNED", ...said }, command),
    redirect: async (
      id: Uuid,
      { hub, reason, note }: Said & { readonly hub: string },
      command: Command,
    ) => {
      const { noteAt } = await sealing(id, command, { kind: "ADVICE", text: note });
      return await commandReferral(context, { id, command }, (referral, now) =>
        redirectReferral(referral, { hub, reason, note: noteAt(now), now }),
      );
    },
    requestInformation: async (
      id: Uuid,
      { documentCodes, note }: { documentCodes: readonly string[]; note: string },
      command: Command,
    ) => {
      const { noteAt } = await sealing(id, command, { kind: "INFORMATION_REQUEST", text: note });
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
      return await commandReferral(context, { id, command }, (referral, now) =>
        provideInformation(referral, { documents, note: noteAt(now), now }),
      );
    },
  };
}
