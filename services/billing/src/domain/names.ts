import type { Caller } from "@carehub/rules/caller";
import { type Branded, invalidField, parseName, type Uuid } from "@carehub/rules/ids";

/** `parties/{ISO 3166-1 country}`; as a payer also `parties/private`. */
export type PartyName = Branded<"PartyName">;
/** `hubs/{hub}`. */
export type HubName = Branded<"HubName">;

const partyPattern = /^parties\/[A-Z]{2}$/;
const hubPattern = /^hubs\/[a-z0-9-]{1,40}$/;

/** Reads a party's name; any other text fails with INVALID_FIELD naming the field. */
export function parseParty(text: string, field: string): PartyName {
  if (!partyPattern.test(text)) throw invalidField(field, "is not of the form parties/{country}");
  return text as PartyName;
}

/** The patient, where nobody else pays: the one payer that is no party. */
export const privatePayer = "parties/private" as PartyName;

/** Reads a payer's name: a party's, or `parties/private`; any other text fails as `parseParty` says. */
export function parsePayer(text: string, field: string): PartyName {
  return text === privatePayer ? privatePayer : parseParty(text, field);
}

/** Reads a hub's name; any other text fails with INVALID_FIELD naming the field. */
export function parseHub(text: string, field: string): HubName {
  if (!hubPattern.test(text)) throw invalidField(field, "is not of the form hubs/{hub}");
  return text as HubName;
}

/** The country of a party, whose calendar and zone it lives by. */
export function countryOf(party: PartyName): string {
  return party.slice("parties/".length);
}

/** The party that a ministry acts for; undefined for every other role. */
export function partyOfCaller(caller: Caller): PartyName | undefined {
  return caller.role === "ministry" ? parseParty(`parties/${caller.id}`, "caller") : undefined;
}

/** The hub that a caller stands for; undefined for every other role. */
export function hubOfCaller(caller: Caller): HubName | undefined {
  return caller.role === "hub" ? parseHub(`hubs/${caller.id}`, "caller") : undefined;
}

/** `accounts/{uuid}`, the aggregate's full name. */
export function accountName(id: Uuid): string {
  return `accounts/${id}`;
}

/** Reads the uuid of `accounts/{uuid}`. */
export function parseAccountName(name: string): Uuid {
  return parseName(name, "accounts", "name");
}

/** `accounts/{uuid}/estimates/{round}`. */
export function estimateName(id: Uuid, round: number): string {
  return `accounts/${id}/estimates/${round}`;
}

/** `accounts/{uuid}/guarantees/{reference}`. */
export function guaranteeName(id: Uuid, reference: string): string {
  return `accounts/${id}/guarantees/${reference}`;
}

/** `accounts/{uuid}/invoices/{number}`. */
export function invoiceName(id: Uuid, number: number): string {
  return `accounts/${id}/invoices/${number}`;
}

/** Reads account and number of `accounts/{uuid}/invoices/{number}`. */
export function parseInvoiceName(name: string): { readonly id: Uuid; readonly number: number } {
  const [account = "", number = ""] = name.split("/invoices/");
  return { id: parseAccountName(account), number: Number(number) };
}

/** `accounts/{uuid}/deposits/{reference}`. */
export function depositName(id: Uuid, reference: string): string {
  return `accounts/${id}/deposits/${reference}`;
}

/** `accounts/{uuid}/depositEntries/{number}`. */
export function depositEntryName(id: Uuid, number: number): string {
  return `accounts/${id}/depositEntries/${number}`;
}

/** `accounts/{uuid}/creditNotes/{number}`. */
export function creditNoteName(id: Uuid, number: number): string {
  return `accounts/${id}/creditNotes/${number}`;
}

/** `statements/{uuid}`, the aggregate's full name. */
export function statementName(id: Uuid): string {
  return `statements/${id}`;
}

/** Reads the uuid of `statements/{uuid}`. */
export function parseStatementName(name: string): Uuid {
  return parseName(name, "statements", "name");
}
