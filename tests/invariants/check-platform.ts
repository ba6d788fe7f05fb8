import { type Evidence, gatherEvidence, type Places } from "./evidence.ts";
import { noDoubleBooking } from "./i1-double-booking.ts";
import { noLostEvents } from "./i2-lost-events.ts";
import { countDuplicates } from "./i2-topics.ts";
import { seatsWithinQuota } from "./i3-seats.ts";
import { balancedLedger } from "./i4-ledger.ts";
import { accountedRequests } from "./i5-requests.ts";
import { unbrokenOrder } from "./i6-order.ts";
import { closedCases } from "./i7-closed-cases.ts";
import type { Check } from "./invariant.ts";

/** Every invariant that is checked, in its order. */
export const invariants = [
  noDoubleBooking,
  noLostEvents,
  seatsWithinQuota,
  balancedLedger,
  accountedRequests,
  unbrokenOrder,
  closedCases,
];

/** One rule's outcome under its invariant. */
export type Finding = Check & { readonly invariant: string; readonly title: string };

/** What the checker found. */
export type Report = {
  readonly findings: readonly Finding[];
  /** Rules that saw nothing at all: the checker may be blind there. */
  readonly blind: readonly Finding[];
  readonly violationCount: number;
  /** Messages that stand on their topic a second time; harmless, since they are counted by revision. */
  readonly duplicates: number;
  /** I5 asks a history, and there was none. */
  readonly withoutHistory: boolean;
};

/** Checks a quiet platform whole. */
export async function checkPlatform(places: Places): Promise<Report> {
  const evidence = await gatherEvidence(places);
  try {
    return await checkEvidence(evidence);
  } finally {
    await evidence.close();
  }
}

async function checkEvidence(evidence: Evidence): Promise<Report> {
  const findings: Finding[] = [];
  for (const { id, title, check } of invariants) {
    const checks = await check(evidence);
    findings.push(...checks.map((each) => ({ invariant: id, title, ...each })));
  }
  return {
    findings,
    blind: findings.filter(({ looked }) => looked === 0),
    violationCount: findings.reduce((sum, { violations }) => sum + violations.length, 0),
    duplicates: countDuplicates(evidence.messages),
    withoutHistory: evidence.history === undefined,
  };
}
