import {
  type CaseEvent,
  CaseEventSchema,
  type EntitlementConfirmRequested,
  type EntitlementRequested,
  Priority,
  SeatMove,
  type SeatRequested,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { PersonFacts } from "@carehub/contracts/gen/carehub/type/v1/person_facts_pb.ts";
import type { Handled, Message, Subscription } from "@carehub/events/message";
import { topics } from "@carehub/events/topics";
import { must } from "@carehub/rules/fault";
import { parseName } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { annotateSpan } from "@carehub/runtime/trace";
import type { Agreements } from "../app/agreements.ts";
import { confirmEntitlement } from "../app/confirm-entitlement.ts";
import { closeCase, moveSeat } from "../app/move-seat.ts";
import { requestEntitlement } from "../app/request-entitlement.ts";
import { type CivilDate, fromCivilDate } from "../domain/dates.ts";
import type { Facts } from "../domain/facts.ts";
import type { SeatRequest } from "../domain/seat.ts";

/** Acts on intake's requests; every other event of a case is of no matter here. */
export async function onCaseEvent(app: Agreements, message: Message<CaseEvent>): Promise<Handled> {
  const { aggregate, seen } = message;
  const { event } = message.event;
  const id = parseName(aggregate, "referrals", "aggregate");
  annotateSpan({ [attributes.referral]: aggregate });
  switch (event.case) {
    case "entitlementRequested":
      return handled(await requestEntitlement(app, { id, ...readRequest(event.value) }, seen));
    case "entitlementConfirmRequested":
      return handled(await confirmEntitlement(app, { id, ...readConfirm(event.value) }, seen));
    case "seatRequested":
      return handled(await moveSeat(app, { id, ...readMove(event.value) }, seen));
    case "caseClosed":
      return handled(await closeCase(app, { id, careState: event.value.careState }, seen));
    case undefined:
      return "unknown-variant";
    default:
      return "ignored";
  }
}

function handled({ kind }: { readonly kind: "done" | "repeated" | "duplicate" }): Handled {
  return kind === "duplicate" ? "duplicate" : "done";
}

function readRequest(value: EntitlementRequested) {
  const { round, sendingParty, hub, programme, diagnosisCode } = value;
  const referralDate = readDate(value.referralDate, "the request has the day of the referral");
  const facts: Facts = {
    ...readPerson(value.person),
    ...known("programme", programme),
    ...known("hub", hub),
    ...known("diagnosis_code", diagnosisCode),
    ...known("sending_party", sendingParty),
    ...known("priority", priorityNames[value.priority] ?? ""),
    referral_date: referralDate.toString(),
  };
  return { round, sendingParty, hub, programme, referralDate, facts };
}

function readConfirm({ round, hub, firstDate, lastDate, person }: EntitlementConfirmRequested) {
  const days = {
    first: readDate(firstDate, "the request has the first day of treatment"),
    last: readDate(lastDate, "the request has the last day of treatment"),
  };
  return { round, hub, days, person: readPerson(person) };
}

function readMove({ round, move, reason }: SeatRequested) {
  return { round, move: must(moveNames[move], "a seat is asked to move some way"), reason };
}

const priorityNames: Readonly<Record<number, string>> = {
  [Priority.ROUTINE]: "ROUTINE",
  [Priority.URGENT]: "URGENT",
  [Priority.EMERGENCY]: "EMERGENCY",
};

const moveNames: Readonly<Record<number, SeatRequest>> = {
  [SeatMove.COMMIT]: "COMMIT",
  [SeatMove.CONSUME]: "CONSUME",
  [SeatMove.RELEASE]: "RELEASE",
};

// Absent numbers are zero on the wire, and both are true facts of a newborn who travels alone.
function readPerson(person: PersonFacts | undefined): Facts {
  if (person === undefined) return {};
  return {
    ...known("citizenship", person.citizenship),
    ...known("residence_country", person.residenceCountry),
    ...known("residence_region", person.residenceRegion),
    age_years: person.ageYears,
    companion_count: person.companionCount,
  };
}

function known(name: keyof Facts, value: string): Facts {
  return value === "" ? {} : { [name]: value };
}

function readDate(date: CivilDate | undefined, sentence: string): Temporal.PlainDate {
  return must(fromCivilDate(must(date, sentence)), sentence);
}

/** The subscription of this service: intake's cases, and nothing else. */
export function subscribeCases(app: Agreements): Subscription<typeof CaseEventSchema> {
  const handle = (message: Message<CaseEvent>) => onCaseEvent(app, message);
  return { topic: topics.cases, schema: CaseEventSchema, handle };
}
