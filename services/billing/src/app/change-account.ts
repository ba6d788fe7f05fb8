import type { Changed } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import type { Source } from "@carehub/database/source";
import { type AggregateOutcome, type Transaction, transact } from "@carehub/database/transact";
import type { Actor } from "@carehub/rules/caller";
import type { Uuid } from "@carehub/rules/ids";
import { attributes } from "@carehub/runtime/attributes";
import { annotateSpan } from "@carehub/runtime/trace";
import type { AccountDecision } from "../domain/account.ts";
import { applyDeposit } from "../domain/deposit.ts";
import { silenceAcceptsAt } from "../domain/invoice.ts";
import { depositJournalsOf, journalsOf } from "../domain/ledger.ts";
import { accountName } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import { dayAt } from "../domain/terms.ts";
import { saveAccount } from "../storage/account-store.ts";
import { postJournal } from "../storage/ledger-store.ts";
import type { Deps } from "./billing-app.ts";

/** The kind of the due row at which silence accepts an invoice's lines. */
export const contestDue = "contest";

/** A change of one account, with what it posts. */
export type AccountChange = {
  readonly name: string;
  readonly id: Uuid;
  readonly source: Source;
  readonly actor?: Actor;
  /** Locks the account's row; refuses who may not see it. */
  readonly lock: (tx: Tx) => Promise<StoredAccount>;
  /** Decides under the lock; may read and take business keys first. */
  readonly decide: (
    stored: StoredAccount,
    at: { readonly tx: Tx; readonly now: Temporal.Instant },
  ) => AccountDecision | Promise<AccountDecision>;
  readonly respond?: (view: StoredAccount) => Uint8Array;
};

/** Runs the change in one short transaction: the account's row first, then the pair's book, then its events. */
export function changeAccount(deps: Deps, change: AccountChange): Promise<Changed<StoredAccount>> {
  const { name, id, source, actor, lock, decide, respond } = change;
  annotateSpan({
    [attributes.aggregate]: accountName(id),
    [attributes.referral]: `referrals/${id}`,
  });
  const transaction: Transaction<StoredAccount> = {
    name,
    source,
    ...(actor === undefined ? {} : { actor }),
    work: async (tx, { now }) => {
      const stored = await lock(tx);
      const decision = await decide(stored, { tx, now });
      const { saved, outcome } = await keepDecision(deps, { tx, now }, { stored, decision });
      return {
        state: saved,
        aggregates: [outcome],
        ...(respond === undefined ? {} : { response: respond(saved) }),
      };
    },
  };
  return deps.inTurn(() => transact(deps.db, transaction));
}

/** Writes what was decided of a locked account: its row and lines, its journals, and what is told of it. */
export async function keepDecision(
  { publish }: Deps,
  { tx, now }: { readonly tx: Tx; readonly now: Temporal.Instant },
  { stored, decision }: { readonly stored: StoredAccount; readonly decision: AccountDecision },
): Promise<{ readonly saved: StoredAccount; readonly outcome: AggregateOutcome }> {
  const { state: account, events } = applyDeposit(decision);
  const isSame = account === stored.account && events.length === 0;
  const revision = stored.revision + events.length;
  const saved = isSame ? stored : await saveAccount(tx, stored, { account, revision, now });
  const journals = [...journalsOf(account, events), ...depositJournalsOf(stored.account, account)];
  for (const journal of journals) {
    await postJournal(tx, journal, dayAt(journal.pair.creditor, now));
  }
  const dueAt = silenceAcceptsAt(account);
  const outcome: AggregateOutcome = {
    aggregate: accountName(account.id),
    revision: stored.revision,
    events: events.map((event, index) =>
      publish.accountEvent(event, {
        account: account.id,
        revision: stored.revision + index + 1,
        occurredAt: now,
      }),
    ),
    dues: dueAt === undefined ? [] : [{ kind: contestDue, dueAt }],
  };
  return { saved, outcome };
}
