import { DomainError } from "@carehub/rules/domain-error";
import fc from "fast-check";
import { expect, test } from "vitest";
import { accountId, aPromise, now, someTerms } from "./account.builder.ts";
import { type Account, type AccountDecision, emptyAccount } from "./account.ts";
import type { AccountEvent } from "./account-events.ts";
import { declineEstimate, requestEstimate } from "./estimate.ts";
import { guaranteePayment } from "./guarantee.ts";
import { closeAccount, stopAccount } from "./wind-down.ts";

type Step =
  | { readonly kind: "estimate"; readonly round: number; readonly quantity: number }
  | { readonly kind: "stop"; readonly round: number; readonly reason: string }
  | { readonly kind: "guarantee" | "decline" | "close" };

const round = fc.integer({ min: 1, max: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("estimate" as const),
      round,
      // The dearest pass the guarantee of the cheapest.
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("stop" as const),
      round,
      reason: fc.constantFrom("WAITLISTED", "WAITLISTED", "ROUNDS_USED_UP", "CANCELLED"),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "guarantee" as const }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ kind: "decline" as const }, { kind: "close" as const }),
  },
);

function decide(
  account: Account,
  { step: asked, at }: { step: Step; at: number },
): AccountDecision {
  switch (asked.kind) {
    case "estimate": {
      const serviceItems = [{ serviceCode: "operation", quantity: asked.quantity }];
      return requestEstimate(account, someTerms({ round: asked.round, serviceItems }));
    }
    case "stop":
      return stopAccount(account, { ...asked, now });
    case "guarantee": {
      const cap = { amountMinor: 310_000n, currency: "KZT" as const };
      return guaranteePayment(account, aPromise({ reference: `MOH-${at}`, cap }), now);
    }
    case "decline":
      return declineEstimate(account, "OTHER", now);
    case "close":
      return closeAccount(account, now);
    default:
      return asked satisfies never;
  }
}

test("after any stops and requests the account stands where its events say, and a case that goes on can be guaranteed", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const seen = { open: 0, guarantee: "", over: 0 };
      let account = emptyAccount(accountId);
      for (const [at, asked] of steps.entries()) {
        const told = apply(account, { step: asked, at }, (state) => {
          account = state;
        });
        if (told === undefined) continue;
        for (const event of told) follow(seen, event);
        if (asked.kind === "stop" || asked.kind === "estimate") {
          expect(told.some((event) => "round" in event && event.round === asked.round)).toBe(true);
        }
        if (asked.kind === "stop" && asked.reason === "CANCELLED") {
          seen.over = Math.max(seen.over, overBy(asked.round, account));
        }
        if (asked.kind === "estimate") expectAnswered(account, { told, asked, over: seen.over });
        expect(account.estimate?.standing === "OPEN").toBe(seen.open > 0);
        expect(standing(account)).toBe(seen.guarantee);
        if (account.isClosed) expect([seen.open, seen.guarantee]).toEqual([0, ""]);
      }
    }),
    { seed: 7, numRuns: 3_000 },
  );
});

// A stop of an older round means nothing that still stands.
function overBy(stopped: number, { terms }: Account): number {
  return stopped < (terms?.round ?? 0) ? 0 : stopped;
}

function expectAnswered(
  account: Account,
  {
    told,
    asked,
    over,
  }: {
    readonly told: readonly AccountEvent[];
    readonly asked: Extract<Step, { kind: "estimate" }>;
    readonly over: number;
  },
): void {
  const isOver = account.isClosed || asked.round <= over;
  const isNewest = asked.round === account.terms?.round;
  const issued = told.some(({ kind }) => kind === "EstimateIssued");
  if (isOver) expect(issued).toBe(false);
  // Nothing older than what was set aside, and nothing else, is undone.
  else if (isNewest && asked.round > account.stoppedRound) expect(issued).toBe(true);
  else expect(issued).toBe(false);
}

type Seen = { open: number; guarantee: string };

function follow(seen: Seen, event: AccountEvent): void {
  switch (event.kind) {
    case "EstimateIssued":
      seen.open = event.round;
      break;
    case "EstimateWithdrawn":
    case "EstimateDeclined":
      if (event.round >= seen.open) seen.open = 0;
      break;
    case "PaymentGuaranteed":
      seen.open = 0;
      seen.guarantee = event.guarantee;
      break;
    case "GuaranteeReleased":
      if (event.guarantee === seen.guarantee) seen.guarantee = "";
      break;
    default:
      throw new Error(`${event.kind} is no answer to these requests`);
  }
}

function standing({ guarantee, id }: Account): string {
  if (guarantee?.standing !== "STANDING") return "";
  return `accounts/${id}/guarantees/${guarantee.reference}`;
}

function apply(
  account: Account,
  asked: { readonly step: Step; readonly at: number },
  keep: (state: Account) => void,
): readonly AccountEvent[] | undefined {
  try {
    const { state, events } = decide(account, asked);
    keep(state);
    return events;
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}
