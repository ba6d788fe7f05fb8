import { responseOf } from "@carehub/database/change";
import type { Tx } from "@carehub/database/pool";
import { LostRaceError } from "@carehub/database/transact";
import type { Money } from "@carehub/money/money";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import type { AccountDecision, Charge, ContestReason } from "../domain/account.ts";
import type { DeclineReason } from "../domain/account-events.ts";
import { recordCharges } from "../domain/charges.ts";
import { declineEstimate } from "../domain/estimate.ts";
import { type GuaranteePayment, guaranteePayment, isPrivate } from "../domain/guarantee.ts";
import { acceptLines, contestLines, replyToContest } from "../domain/invoice.ts";
import { accountName, guaranteeName, invoiceName } from "../domain/names.ts";
import { refusal } from "../domain/refusal.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import {
  findGuaranteeReference,
  lockAccountOf,
  takeGuaranteeReference,
} from "../storage/account-store.ts";
import type { Command, Deps } from "./billing-app.ts";
import { changeAccount } from "./change-account.ts";
import { notFound, partOf, requireEtag, requirePayersWord } from "./visibility.ts";

type AccountCommand = Command<StoredAccount> & { readonly id: Uuid };
type InvoiceCommand = AccountCommand & { readonly number: number };

/** What payers and hubs may do to an account; each answers the bytes of its first response. */
export type AccountCommands = ReturnType<typeof createAccountCommands>;

/** The use cases of payers and hubs. */
export function createAccountCommands(deps: Deps) {
  const run = async (
    name: string,
    command: AccountCommand,
    decide: (stored: StoredAccount, at: At) => AccountDecision | Promise<AccountDecision>,
  ) => {
    const { id, source, actor, respond } = command;
    const lock = (tx: Tx) => lockVisible(tx, command);
    return responseOf(
      await changeAccount(deps, { name, id, source, actor, respond, lock, decide }),
    );
  };
  const runForPayer: typeof run = (name, command, decide) =>
    run(name, command, (stored, at) => {
      requirePayersWord(stored.account, partOf(command.caller));
      return decide(stored, at);
    });
  return {
    guaranteePayment: (command: AccountCommand & { readonly promise: GuaranteePayment }) =>
      runForPayer("guarantee-payment", command, (stored, at) =>
        guarantee(stored, { ...command, ...at }),
      ),

    declineEstimate: (command: AccountCommand & { readonly reason: DeclineReason }) =>
      runForPayer("decline-estimate", command, ({ account, version }, { now }) => {
        requireEtag(command.etag, version);
        return declineEstimate(account, command.reason, now);
      }),

    recordCharges: (command: AccountCommand & { readonly charges: readonly Charge[] }) =>
      run("record-charges", command, ({ account, version }) => {
        requireEtag(command.etag, version);
        return recordCharges(account, command.charges);
      }),

    acceptInvoice: (command: InvoiceCommand & { readonly sequences: readonly number[] }) =>
      runForPayer("accept-invoice", command, (stored, { now }) => {
        requireInvoice(stored, command);
        return acceptLines(stored.account, { sequences: command.sequences, now });
      }),

    contestInvoiceLines: (
      command: InvoiceCommand & {
        readonly sequences: readonly number[];
        readonly reason: ContestReason;
      },
    ) =>
      runForPayer("contest-lines", command, (stored, { now }) => {
        requireInvoice(stored, command);
        const { sequences, reason } = command;
        return contestLines(stored.account, { sequences, reason, now });
      }),

    replyToContest: (
      command: InvoiceCommand & { readonly sequence: number; readonly credit: Money },
    ) =>
      run("reply-to-contest", command, (stored, { now }) => {
        requireInvoice(stored, command);
        const { sequence, credit } = command;
        return replyToContest(stored.account, { sequence, credit, now });
      }),
  };
}

type At = { readonly tx: Tx; readonly now: Temporal.Instant };

async function lockVisible(
  tx: Tx,
  command: AccountCommand | InvoiceCommand,
): Promise<StoredAccount> {
  const { id, caller } = command;
  const found = await lockAccountOf(tx, id, partOf(caller));
  if (found !== undefined) return found;
  if ("number" in command) throw notFound("INVOICE_NOT_FOUND", invoiceName(id, command.number));
  throw notFound("ACCOUNT_NOT_FOUND", accountName(id));
}

// The reference comes before etag and state, so that a payer who repeats itself is told what there is.
async function guarantee(
  { account, version }: StoredAccount,
  { tx, now, etag, promise }: At & { readonly etag: string; readonly promise: GuaranteePayment },
): Promise<AccountDecision> {
  const { payer, hub } = must(account.terms, "an account that has a payer has terms");
  // Patients have no references of their own: those of their receipts are the hub's.
  const giver = isPrivate(account) ? hub : payer;
  const { reference } = promise;
  const existing = await findGuaranteeReference(tx, giver, reference);
  if (existing !== undefined) {
    const name = guaranteeName(existing, reference);
    throw refusal("GUARANTEE_REFERENCE_TAKEN", { name, reference });
  }
  requireEtag(etag, version);
  const decision = guaranteePayment(account, promise, now);
  const isTaken = await takeGuaranteeReference(tx, { giver, reference, account: account.id });
  if (!isTaken) throw new LostRaceError("another account took the reference");
  return decision;
}

function requireInvoice({ account, version }: StoredAccount, command: InvoiceCommand): void {
  if (account.invoice?.number !== command.number) {
    throw notFound("INVOICE_NOT_FOUND", invoiceName(account.id, command.number));
  }
  requireEtag(command.etag, version);
}
