import type { Caller } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import type { Account } from "../domain/account.ts";
import { isPrivate } from "../domain/guarantee.ts";
import { hubOfCaller, type PartyName, partyOfCaller } from "../domain/names.ts";
import type { BillingReason } from "../domain/reasons.ts";
import { refusal } from "../domain/refusal.ts";
import type { Part } from "../storage/account-store.ts";

/** The refusal for a resource that is not there, or not for this caller. */
export function notFound(
  reason: Extract<BillingReason, `${string}_NOT_FOUND`>,
  name: string,
): Error {
  return refusal(reason, { name });
}

/** The part in an account by which a caller may change it: as a ministry, or as its hub. */
export function partOf(caller: Caller): Part {
  const hub = hubOfCaller(caller);
  if (hub !== undefined) return { role: "hub", name: hub };
  return { role: "ministry", name: partyOf(caller) };
}

/**
 * Fails unless this part decides for the payer: the ministry that pays, with PAYER_IS_PARTY for a
 * hub; where the patient pays the hub, with PAYER_IS_PRIVATE for a ministry.
 */
export function requirePayersWord(account: Account, { role }: Part): void {
  if (isPrivate(account) === (role === "hub")) return;
  const payer = must(account.terms, "an account that is seen has terms").payer;
  throw refusal(role === "hub" ? "PAYER_IS_PARTY" : "PAYER_IS_PRIVATE", { payer });
}

/** The party of a ministry; the access rule of the method lets no other role come here. */
export function partyOf(caller: Caller): PartyName {
  return must(partyOfCaller(caller), "only ministries and hubs change what billing keeps");
}

/** Fails with ETAG_MISMATCH unless the caller's etag is empty or that of the version. */
export function requireEtag(etag: string, version: number): void {
  if (etag === "" || etag === etagOf(version)) return;
  throw refusal("ETAG_MISMATCH", { etag: etagOf(version) });
}

/** The etag of a version. */
export function etagOf(version: number): string {
  return `W/"${version}"`;
}
