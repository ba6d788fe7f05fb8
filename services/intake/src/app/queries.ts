import { now } from "@carehub/database/clock";
import type { LoggedEvent } from "@carehub/database/event-log";
import { readHistory } from "@carehub/database/event-log";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { actionsByRole, type Blocker, blockerOf } from "../domain/actions.ts";
import type { CareState } from "../domain/case-terms.ts";
import { serviceActions } from "../domain/service-actions.ts";
import type { StoredReferral } from "../domain/stored-referral.ts";
import { loadReferral, loadReferralUnseen } from "../storage/referral-store.ts";
import type { IntakeContext } from "./intake-app.ts";
import { fromPageToken, pageSize, toPageToken } from "./page-token.ts";

/** A page and the token of the next one; empty at the end. */
export type Page<Entry> = { readonly entries: readonly Entry[]; readonly nextToken: string };

/** An event of a case as the log keeps it. */
export type CaseEntry = Omit<LoggedEvent, "number">;

/** A command on a case, at any of the services, and what blocks it. */
export type ActionEntry = {
  readonly service: "intake" | "capacity" | "changes" | "sessions" | "billing";
  readonly action: string;
  readonly blocker: Blocker<string> | undefined;
};

const historyMax = 10_000;

/** The reads of intake; a referral that the caller has no part in is not found. */
export function createQueries(context: IntakeContext) {
  const { db, reads } = context;
  return {
    get: (id: Uuid, caller: Caller): Promise<StoredReferral> => reads.get(id, caller),

    list: async (
      query: { careState?: CareState | undefined; openOnly: boolean; placerNumber: string },
      page: { size: number; token: string },
      caller: Caller,
    ): Promise<Page<StoredReferral>> => {
      const asked = { ...query, caller: caller.name };
      const after = fromPageToken(asked, page.token);
      const size = pageSize(page.size);
      const found = await reads.list({ ...query, size: size + 1, after }, caller);
      const entries = found.slice(0, size);
      const last = found.length > size ? entries.at(-1) : undefined;
      return { entries, nextToken: last ? toPageToken(asked, last.referral.id) : "" };
    },

    timeline: async (
      id: Uuid,
      page: { size: number; token: string },
      caller: Caller,
    ): Promise<Page<CaseEntry>> => {
      await requireVisible(context, id, caller);
      const asked = { id, caller: caller.name };
      const after = Number(fromPageToken(asked, page.token) ?? 0);
      const history = await readHistory(db, `referrals/${id}`, historyMax);
      const size = pageSize(page.size);
      const rest = history.filter(({ revision }) => revision > after);
      const entries = rest.slice(0, size);
      const last = rest.length > size ? entries.at(-1) : undefined;
      return { entries, nextToken: last ? toPageToken(asked, `${last.revision}`) : "" };
    },

    actions: async (id: Uuid, caller: Caller) => {
      const { referral, revision } = await loadReferral(db, id, caller);
      const at = await now(db);
      const { role } = caller;
      assert(role === "hub" || role === "ministry", "only sides of a case ask");
      const own = actionsByRole[role].map((action) => {
        return {
          service: "intake",
          action,
          blocker: blockerOf(referral.facts, action, at),
        } as const;
      });
      const others = serviceActions(referral.facts, { id, side: role, now: at });
      const actions: readonly ActionEntry[] = [...own, ...others];
      return { actions, revision };
    },
  };
}

async function requireVisible({ db }: IntakeContext, id: Uuid, caller: Caller): Promise<void> {
  if (caller.role !== "operator") {
    await loadReferral(db, id, caller);
  } else if ((await loadReferralUnseen(db, id)) === undefined) {
    throw new DomainError("REFERRAL_NOT_FOUND", { referral: `referrals/${id}` });
  }
}
