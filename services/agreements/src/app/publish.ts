import { type Changed, responseOf } from "@carehub/database/change";
import type { RequestSource } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import type { Actor, Caller } from "@carehub/rules/caller";
import type { AgreementText, KnownAgreement } from "../domain/agreement.ts";
import { checkAgreement } from "../domain/agreement-check.ts";
import { checkParty, type Party } from "../domain/party.ts";
import { droppedParts, grantedParts, seatDifference } from "../domain/quota.ts";
import { refusal } from "../domain/reasons.ts";
import {
  insertVersion,
  lockAgreement,
  missingParties,
  saveParty,
  takeRegistry,
} from "../storage/registry-store.ts";
import { ensurePart, lockParts, postGrant } from "../storage/seat-store.ts";
import { type Agreements, offersOf } from "./agreements.ts";

/** Who asks, and how the reply is made from what was published. */
export type Publication<Result> = {
  readonly caller: Caller;
  readonly actor: Actor;
  readonly source: RequestSource;
  readonly respond: (result: Result) => Uint8Array;
};

/** A party as it was published. */
export type PublishedParty = {
  readonly party: Party;
  readonly revision: number;
  readonly updatedAt: Temporal.Instant;
};

const registry = "operator/registry";

function requireRegistry({ name }: Caller): void {
  if (name !== registry) throw refusal("NOT_THE_REGISTRY", { caller: name });
}

/** Publishes a party, or publishes it anew; only the registry may. Answers the reply's bytes. */
export async function publishParty(
  app: Agreements,
  party: Party,
  { caller, actor, source, respond }: Publication<PublishedParty>,
): Promise<Uint8Array> {
  requireRegistry(caller);
  checkParty(party);
  const changed: Changed<undefined> = await transact<undefined>(app.db, {
    ...{ name: "publish-party", source, actor },
    work: async (tx, { now }) => {
      const revision = await saveParty(tx, party, now);
      const place = { id: party.country, revision, occurredAt: now };
      const event = app.publishRegistry({ kind: "PartyPublished", party, revision }, place);
      return {
        state: undefined,
        aggregates: [{ aggregate: party.name, revision: revision - 1, events: [event] }],
        response: respond({ party, revision, updatedAt: now }),
      };
    },
  });
  return responseOf(changed);
}

/**
 * Publishes the next version of an agreement, known from this moment, and grants or withdraws the
 * seats of its quotas in the same commit; only the registry may. Answers the reply's bytes.
 */
export async function publishAgreement(
  app: Agreements,
  text: AgreementText,
  { caller, actor, source, respond }: Publication<KnownAgreement>,
): Promise<Uint8Array> {
  requireRegistry(caller);
  checkAgreement(text);
  const changed: Changed<undefined> = await transact<undefined>(app.db, {
    ...{ name: "publish-agreement", source, actor },
    work: async (tx, { now }) => {
      const agreement: KnownAgreement = { ...text, knownFrom: await takeRegistry(tx) };
      const missing = await missingParties(tx, text.parties);
      if (missing.length > 0) throw refusal("PARTY_UNKNOWN", { parties: missing.join(" ") });
      const { revision, layer } = await lockAgreement(tx, text);
      requireNext(text, { revision, layer });
      await insertVersion(tx, agreement);
      const freed = [];
      const granted = grantedParts(text);
      const dropped = droppedParts(granted, await lockParts(tx, granted));
      for (const part of [...granted, ...dropped]) {
        const count = await ensurePart(tx, part, text.name);
        const seats = seatDifference(part, count);
        await postGrant(tx, part, { seats, version: text.version, now });
        if (seats > 0 && count.waiting > 0) freed.push(part);
      }
      const place = { id: idOf(text), revision: text.version, occurredAt: now };
      const event = app.publishRegistry({ kind: "AgreementPublished", agreement }, place);
      const own = { aggregate: text.name, revision, events: [event] };
      return {
        state: undefined,
        aggregates: [own, ...offersOf(freed, now)],
        response: respond(agreement),
      };
    },
  });
  return responseOf(changed);
}

function requireNext(
  text: AgreementText,
  found: Pick<AgreementText, "layer"> & { revision: number },
) {
  const { name: agreement, version, layer } = text;
  if (version !== found.revision + 1) {
    const expected = String(found.revision + 1);
    throw refusal("VERSION_NOT_NEXT", { agreement, version: String(version), expected });
  }
  if (layer !== found.layer) {
    throw refusal("LAYER_CHANGED", { agreement, layer, expected: found.layer });
  }
}

function idOf({ name }: AgreementText): string {
  return name.slice("agreements/".length);
}
