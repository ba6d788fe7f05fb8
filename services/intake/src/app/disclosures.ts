import type { Actor, Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { annotateSpan } from "@carehub/runtime/trace";
import { type Reading, readSealed } from "../storage/disclosure-store.ts";
import type { DisclosureRow } from "../storage/referral-reads.ts";
import { loadReferral } from "../storage/referral-store.ts";
import { unseal } from "../storage/sealing.ts";
import type { IntakeContext } from "./intake-app.ts";
import { fromPageToken, pageSize, toPageToken } from "./page-token.ts";
import type { Page } from "./queries.ts";
import { openNote, openTitle, placeOf } from "./sealed-texts.ts";

/** Who reads, and what for. */
export type Reader = {
  readonly caller: Caller;
  readonly actor: Actor;
  readonly purpose: string;
  readonly traceId: string;
};

/** The reads of what is sealed. Each leaves its record in the statement that gives the sealed bytes out. */
export function createDisclosures(context: IntakeContext) {
  const { db, keys, reads } = context;
  const open = async (id: Uuid, reader: Reader, content: Reading["content"]) => {
    annotateSpan({ [attributes.referral]: `referrals/${id}` });
    const { caller, actor, purpose, traceId } = reader;
    const { referral } = await loadReferral(db, id, caller);
    if (
      content === "IDENTITY" &&
      caller.role === "hub" &&
      referral.facts.acceptance === undefined
    ) {
      throw new DomainError("IDENTITY_NOT_DISCLOSED", { referral: `referrals/${id}` });
    }
    const reading = { referralId: id, reader: caller.name, actor, purpose, content, traceId };
    const sealed = await readSealed(db, reading);
    const key = await keys.read(sealed.patientId);
    return {
      referral,
      sealed,
      key,
      disclosure: `referrals/${id}/disclosures/${sealed.disclosureId}`,
    };
  };
  return {
    /** The identity, as the bytes that were sealed; a hub gets it once it has accepted. */
    identity: async (id: Uuid, reader: Reader) => {
      const { sealed, key, disclosure } = await open(id, reader, "IDENTITY");
      const identity = unseal(key, sealed.identity, placeOf(id, "sealed_identity"));
      return { identity, disclosure };
    },
    /** The free texts of a case. */
    clinicalRecord: async (id: Uuid, reader: Reader) => {
      const { referral, sealed, key, disclosure } = await open(id, reader, "CLINICAL_RECORD");
      const place = placeOf(id, "sealed_summary");
      const summary = sealed.summary === null ? "" : `${unseal(key, sealed.summary, place)}`;
      const documents = referral.documents.map((document) => ({
        document,
        title: openTitle(key, id, document),
      }));
      const notes = referral.notes.map((note) => ({ note, text: openNote(key, id, note) }));
      return { summary, documents, notes, disclosure };
    },
    /** Who read, newest first; for the sending side. */
    list: async (
      id: Uuid,
      page: { size: number; token: string },
      caller: Caller,
    ): Promise<Page<DisclosureRow>> => {
      await loadReferral(db, id, caller);
      const asked = { id, caller: caller.name, list: "disclosures" };
      const before = fromPageToken(asked, page.token);
      const size = pageSize(page.size);
      const found = await reads.disclosures(id, { size: size + 1, before });
      const entries = found.slice(0, size);
      const last = found.length > size ? entries.at(-1) : undefined;
      return { entries, nextToken: last ? toPageToken(asked, last.id) : "" };
    },
  };
}
