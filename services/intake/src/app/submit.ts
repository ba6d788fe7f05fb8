import { change, responseOf } from "@carehub/database/change";
import type { Caller } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { activeTraceparent, annotateSpan, withSpan } from "@carehub/runtime/trace";
import type { CaseEvent } from "../domain/events.ts";
import { type Standing, type Submit, submitReferral } from "../domain/submit-referral.ts";
import { triageDeadline } from "../domain/triage.ts";
import { insertReferral, loadReferral, readStanding } from "../storage/referral-store.ts";
import { blindIndex, seal } from "../storage/sealing.ts";
import { type Command, type Decided, decidedAt, repliesAndDues } from "./change-referral.ts";
import type { IntakeContext } from "./intake-app.ts";
import { parseCountry, parseRegion } from "./places.ts";
import { type DocumentInput, placeOf, sealDocuments } from "./sealed-texts.ts";

/** A referral as a ministry hands it in. Identity and companions come as the bytes that are sealed. */
export type SubmitInput = Omit<Submit, "id" | "documents" | "person"> & {
  readonly identity: Uint8Array;
  readonly identityDocument: {
    readonly country: string;
    readonly kind: string;
    readonly number: string;
  };
  readonly citizenship: string;
  readonly residenceCountry: string;
  readonly residenceRegion: string;
  readonly companionCount: number;
  readonly clinicalSummary: string;
  /** The ministry's own referral that was redirected here; undefined where none was. */
  readonly redirectedFrom: Uuid | undefined;
  readonly documents: readonly DocumentInput[];
};

/** Takes a referral in: finds or makes its patient, seals what is personal, and commits the rest. */
export function submit(
  context: IntakeContext,
  input: SubmitInput,
  command: Command,
): Promise<Uint8Array> {
  const id = context.newId();
  const settings = { attributes: { [attributes.referral]: `referrals/${id}` } };
  annotateSpan(settings.attributes);
  return withSpan("referral submit", () => submitAs(context, { id, input, command }), settings);
}

async function submitAs(
  { db, publish, patients, blindIndexKey, newId }: IntakeContext,
  { id, input, command }: { id: Uuid; input: SubmitInput; command: Command },
): Promise<Uint8Array> {
  const { source, actor, caller, reply } = command;
  const place = parsePlaces(input);
  const index = blindIndex(blindIndexKey, input.identityDocument);
  const { patientId, key } = await patients.findOrCreate(index, (now) => {
    triageDeadline(input.priority, now);
  });
  const { companionCount, clinicalSummary } = input;
  const documents = sealDocuments(key, { referralId: id, documents: input.documents }, newId);
  const person = { patient: `patients/${patientId}`, ...place, companionCount };
  const submission: Submit = { ...pickSubmit(input), id, documents, person };
  const summary = Buffer.from(clinicalSummary);
  const sealed = {
    patientId,
    identity: seal(key, input.identity, placeOf(id, "sealed_identity")),
    summary: clinicalSummary === "" ? null : seal(key, summary, placeOf(id, "sealed_summary")),
    traceparent: activeTraceparent() ?? null,
  };
  const changed = await change<Standing, Decided, CaseEvent>(db, {
    ...{ source, actor, publish },
    load: async () => {
      // First of all: what the caller may not see is not found, whatever else stands in the way.
      const redirected = await readRedirected(db, input.redirectedFrom, caller);
      const standing = await readStanding(db, { ...pickSubmit(input), patientId });
      const state = { ...standing, redirected };
      return { aggregate: `referrals/${id}`, revision: 0, state };
    },
    decide: (standing, now) =>
      decidedAt(submitReferral(standing, { command: submission, now }), now),
    write: ({ state }, context) => insertReferral(state.referral, { sealed, context }),
    ...repliesAndDues(reply),
  });
  return responseOf(changed);
}

async function readRedirected(
  db: IntakeContext["db"],
  from: Uuid | undefined,
  caller: Caller,
): Promise<Standing["redirected"]> {
  if (from === undefined) return undefined;
  const { facts } = (await loadReferral(db, from, caller)).referral;
  const { person, programme } = facts.submission;
  const isOver = facts.closed?.careState === "REDIRECTED";
  const toHub = isOver ? facts.redirectedToHub : undefined;
  return { referral: `referrals/${from}`, patient: person.patient, programme, toHub };
}

function parsePlaces({
  citizenship,
  residenceCountry,
  residenceRegion,
  identityDocument,
}: SubmitInput) {
  parseCountry(identityDocument.country, "identity.document.country");
  const country = parseCountry(residenceCountry, "residence_country");
  return {
    citizenship: parseCountry(citizenship, "citizenship"),
    residenceCountry: country,
    residenceRegion: parseRegion(residenceRegion, country, "residence_region"),
  };
}

function pickSubmit(input: SubmitInput) {
  const { placerNumber, consent, sendingParty, hub, programme } = input;
  const { diagnosisCode, priority, birthDate } = input;
  return {
    ...{ placerNumber, consent, sendingParty, hub, programme },
    ...{ diagnosisCode, priority, birthDate },
  };
}
