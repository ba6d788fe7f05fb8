import type { Changed } from "@carehub/database/change";
import type { Due, MessageSource } from "@carehub/database/source";
import type { Uuid } from "@carehub/rules/ids";
import type { Account, AccountDecision } from "../domain/account.ts";
import { type Refused, refuseEstimate, requestEstimate } from "../domain/estimate.ts";
import { acceptOverdue } from "../domain/invoice.ts";
import { type PartyName, parseAccountName } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import type { ServiceItem, Terms } from "../domain/terms.ts";
import {
  closeAccount,
  requestCharges,
  stopAccount,
  withdrawUnanswered,
} from "../domain/wind-down.ts";
import { lockOrOpenAccount } from "../storage/account-store.ts";
import type { Deps } from "./billing-app.ts";
import { changeAccount } from "./change-account.ts";

/** How a request of intake ended: it took effect, or it had before. */
export type Ended = "done" | "duplicate";

/** A course to price, and who sends the patient; left out, that is as it was known before. */
export type Asked = { readonly terms: Terms; readonly sender?: PartyName };

type Stop = { readonly round: number; readonly reason: string };

/** What intake asks of an account, and what time brings. */
export type CaseRequests = ReturnType<typeof createCaseRequests>;

/** The use cases of intake's requests; the source is the message, used up with the effect. */
export function createCaseRequests(deps: Deps) {
  const run = async (
    { name, id, source }: { name: string; id: Uuid; source: MessageSource },
    decide: (account: Account, now: Temporal.Instant) => AccountDecision,
  ): Promise<Ended> =>
    toEnded(
      await changeAccount(deps, {
        name,
        id,
        source,
        lock: (tx) => lockOrOpenAccount(tx, id),
        decide: ({ account }, { now }) => decide(account, now),
      }),
    );
  return {
    requestEstimate: (id: Uuid, { terms, ...sent }: Asked, source: MessageSource) =>
      run({ name: "request-estimate", id, source }, (account) =>
        requestEstimate({ ...account, ...sent }, terms),
      ),

    /** Withdraws an estimate that nobody answered in time. */
    withdrawUnanswered: (id: Uuid, asked: Stop, source: MessageSource) =>
      run({ name: "withdraw-unanswered", id, source }, (account) =>
        withdrawUnanswered(account, asked),
      ),

    /** Answers a request whose terms do not hold. */
    refuseEstimate: (id: Uuid, refused: Refused, source: MessageSource) =>
      run({ name: "refuse-estimate", id, source }, (account) => refuseEstimate(account, refused)),

    requestCharges: (
      id: Uuid,
      delivered: { readonly round: number; readonly items: readonly ServiceItem[] },
      source: MessageSource,
    ) =>
      run({ name: "request-charges", id, source }, (account, now) =>
        requestCharges(account, { ...delivered, now }),
      ),

    stopAccount: (id: Uuid, stop: Stop, source: MessageSource) =>
      run({ name: "stop-account", id, source }, (account, now) =>
        stopAccount(account, { ...stop, now }),
      ),

    closeAccount: (id: Uuid, source: MessageSource) =>
      run({ name: "close-account", id, source }, closeAccount),

    /** Raises a due row: silence accepts what was not contested in time. */
    raise: async (due: Due): Promise<Ended> => {
      const id = parseAccountName(due.aggregate);
      return toEnded(
        await changeAccount(deps, {
          name: "accept-overdue",
          id,
          source: { kind: "due", due },
          lock: (tx) => lockOrOpenAccount(tx, id),
          decide: ({ account }, { now }) => acceptOverdue(account, now),
        }),
      );
    },
  };
}

function toEnded({ kind }: Changed<StoredAccount>): Ended {
  return kind === "duplicate" ? "duplicate" : "done";
}
