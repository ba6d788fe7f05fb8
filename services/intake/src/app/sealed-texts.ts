import type { Uuid } from "@carehub/rules/ids";
import type { Document, Note, Referral } from "../domain/referral.ts";
import type { KeyStore } from "../storage/key-store.ts";
import { seal, unseal } from "../storage/sealing.ts";

/** A document as it was handed in, its title in clear. */
export type DocumentInput = {
  readonly code: string;
  readonly title: string;
  readonly sha256: string;
  readonly mediaType: string;
};

const text = new TextDecoder("utf-8", { fatal: true });

/** Where a part of a referral stands; nothing that is sealed for one opens as another. */
export function placeOf(referralId: string, column: string, part?: string) {
  return {
    table: "referral",
    column,
    row: part === undefined ? referralId : `${referralId}/${part}`,
  };
}

/** Documents with their titles sealed for their places. */
export function sealDocuments(
  key: Uint8Array,
  { referralId, documents }: { referralId: string; documents: readonly DocumentInput[] },
  newId: () => string,
): Document[] {
  return documents.map(({ code, title, sha256, mediaType }) => {
    const id = newId();
    const sealedTitle = sealText(key, title, placeOf(referralId, "documents.title", id));
    return { id, code, sha256, mediaType, sealedTitle };
  });
}

/** The title of a document, opened. */
export function openTitle(key: Uint8Array, referralId: string, document: Document): string {
  return openText(key, document.sealedTitle, placeOf(referralId, "documents.title", document.id));
}

/** A note, its text sealed for its place; none where there is no text. */
export function sealNote(
  key: Uint8Array,
  note: { referralId: Uuid; kind: Note["kind"]; author: string; text: string; id: string },
): Omit<Note, "writtenAt"> | undefined {
  const { referralId, kind, author, id } = note;
  if (note.text === "") return undefined;
  const sealedText = sealText(key, note.text, placeOf(referralId, "notes.text", id));
  return { id, kind, author, sealedText };
}

/** The text of a note, opened. */
export function openNote(key: Uint8Array, referralId: string, note: Note): string {
  return openText(key, note.sealedText, placeOf(referralId, "notes.text", note.id));
}

/** The data key of a referral's patient. */
export function patientKey(keys: KeyStore, { facts }: Referral): Promise<Uint8Array> {
  return keys.read(facts.submission.person.patient.slice("patients/".length));
}

function sealText(key: Uint8Array, plain: string, place: ReturnType<typeof placeOf>): string {
  return seal(key, Buffer.from(plain), place).toString("base64");
}

function openText(key: Uint8Array, sealed: string, place: ReturnType<typeof placeOf>): string {
  return text.decode(unseal(key, Buffer.from(sealed, "base64"), place));
}
