import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Layer } from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import { EntitlementEventSchema } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { Standing } from "@carehub/contracts/gen/carehub/agreements/v1/party_pb.ts";
import { RegistryEventSchema } from "@carehub/contracts/gen/carehub/agreements/v1/registry_events_pb.ts";
import type { PublishedEvent } from "@carehub/database/change";
import type { KnownAgreement } from "../domain/agreement.ts";
import type { ClauseFinding } from "../domain/clause-finding.ts";
import { toCivilDate } from "../domain/dates.ts";
import type { EntitlementEvent } from "../domain/entitlement.ts";
import type { ClauseTime } from "../domain/grant.ts";
import type { Party } from "../domain/party.ts";
import type { Seat } from "../domain/seat.ts";

type Place = {
  readonly id: string;
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};
type EntitlementWire = NonNullable<MessageInitShape<typeof EntitlementEventSchema>["event"]>;
type RegistryWire = NonNullable<MessageInitShape<typeof RegistryEventSchema>["event"]>;

const entitlementsTopic = "carehub.agreements.entitlements";
const registryTopic = "carehub.agreements.registry";

/** An event of a case in the published language. */
export function publishEntitlement(event: EntitlementEvent, place: Place): PublishedEvent {
  const wire = toWire(event);
  const message = create(EntitlementEventSchema, {
    entitlement: `entitlements/${place.id}`,
    revision: BigInt(place.revision),
    eventTime: timestampFromMs(place.occurredAt.epochMilliseconds),
    event: wire,
  });
  return {
    topic: entitlementsTopic,
    key: place.id,
    type: typeOf(wire.case),
    payload: toBinary(EntitlementEventSchema, message),
  };
}

function toWire(event: EntitlementEvent): EntitlementWire {
  switch (event.kind) {
    case "Granted": {
      const { terms, seat, round, decision } = event;
      const { agreement, agreementVersion, creditor, currency: currencyCode } = terms;
      const value = {
        ...{ round, decision: decisionName(decision), agreement, agreementVersion },
        ...{ creditor, currencyCode, clauses: event.clauses.map(clauseResult) },
        payers: terms.payers.map((payer) => ({ ...payer })),
        answerTime: answerTime(terms.answerTime),
        ...seatOf(seat),
      };
      return { case: "entitlementGranted", value };
    }
    case "Pended": {
      const { round, quota, place } = event;
      const promised = event.promisedDate && { promisedDate: toCivilDate(event.promisedDate) };
      const decision = decisionName(event.decision);
      return { case: "entitlementPended", value: { round, decision, quota, place, ...promised } };
    }
    case "Refused": {
      const { round, reason } = event;
      const clauses = event.clauses.map(clauseResult);
      const decision = decisionName(event.decision);
      return { case: "entitlementRefused", value: { round, decision, reason, clauses } };
    }
    case "Confirmed":
      return { case: "entitlementConfirmed", value: confirmed(event) };
    case "SeatCommitted":
      return { case: "seatCommitted", value: { round: event.round, ...seatOf(event.seat) } };
    case "SeatConsumed":
      return { case: "seatConsumed", value: { round: event.round, ...seatOf(event.seat) } };
    case "SeatReleased": {
      const { round, reason, seat } = event;
      return { case: "seatReleased", value: { round, reason, ...seatOf(seat) } };
    }
    default:
      return event satisfies never;
  }
}

function confirmed({ round, decision, terms, seat }: EntitlementEvent & { kind: "Confirmed" }) {
  const { tariff, tariffVersion, currency: currencyCode, permittedUntil, contestTime } = terms;
  return {
    ...{ round, decision: decisionName(decision), tariff, tariffVersion },
    prices: terms.prices.map(({ serviceCode, amountMinor }) => ({
      serviceCode,
      unitPrice: { amountMinor: BigInt(amountMinor), currencyCode },
    })),
    ...(permittedUntil && {
      permittedUntilDate: toCivilDate(Temporal.PlainDate.from(permittedUntil)),
    }),
    ...(contestTime && { contestTime: answerTime(contestTime) }),
    ...seatOf(seat),
  };
}

/** An event of the register in the published language. */
export function publishRegistry(
  event:
    | { readonly kind: "PartyPublished"; readonly party: Party; readonly revision: number }
    | { readonly kind: "AgreementPublished"; readonly agreement: KnownAgreement },
  place: Place,
): PublishedEvent {
  const [resource, wire] = toRegistryWire(event, place);
  const message = create(RegistryEventSchema, {
    resource,
    revision: BigInt(place.revision),
    eventTime: timestampFromMs(place.occurredAt.epochMilliseconds),
    event: wire,
  });
  const payload = toBinary(RegistryEventSchema, message);
  return { topic: registryTopic, key: place.id, type: typeOf(wire.case), payload };
}

function toRegistryWire(
  event: Parameters<typeof publishRegistry>[0],
  { occurredAt }: Place,
): [string, RegistryWire] {
  switch (event.kind) {
    case "PartyPublished": {
      const { party, revision } = event;
      const { currency: currencyCode, standing, ...rest } = party;
      const updateTime = timestampFromMs(occurredAt.epochMilliseconds);
      const wire = { ...rest, currencyCode, standing: Standing[standing], revision, updateTime };
      return [party.name, { case: "partyPublished", value: { party: wire } }];
    }
    case "AgreementPublished": {
      const { name, version, layer, parties, inForce } = event.agreement;
      const { first, last } = inForce;
      const value = {
        ...{ version, layer: Layer[layer], parties: [...parties] },
        inForce: {
          firstDate: toCivilDate(first),
          ...(last && { lastDate: toCivilDate(last) }),
        },
      };
      return [name, { case: "agreementPublished", value }];
    }
    default:
      return event satisfies never;
  }
}

function clauseResult({ clause, result, summary, missing }: ClauseFinding) {
  return { clause, result, summary, missingFacts: [...missing] };
}

function answerTime({ workingDays, calendars, graceHours, clause }: ClauseTime) {
  return { workingDays, calendars: [...calendars], graceHours, clause };
}

function seatOf(seat: Seat | undefined) {
  if (seat === undefined) return {};
  return { seat: { quota: seat.quota, period: seat.period, setAside: seat.part } };
}

function decisionName(id: string): string {
  return `decisions/${id}`;
}

/** `entitlementGranted` is told as `carehub.agreements.v1.EntitlementGranted`. */
function typeOf(wireCase: string | undefined): string {
  const name = wireCase ?? "";
  return `carehub.agreements.v1.${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
