import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { type Account, accountState, type InvoiceLine } from "../domain/account.ts";
import { privatePayer } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import { encodeFacts } from "./account-facts.ts";
import { type AccountRow, type LineRow, toStoredAccount } from "./account-rows.ts";

/** The part in an account that a caller acts by; storage finds the account only for who has it. */
export type Part = { readonly role: "ministry" | "hub"; readonly name: string };

// A ministry whose patient pays sees the account: it is told that it has nothing to decide there.
const isPartSql = {
  ministry: `(payer = $2 or (payer = '${privatePayer}' and sender = $2))`,
  hub: "hub = $2",
} as const;

/** Locks an account for one of its parts; undefined when there is none, or not for this one. */
export async function lockAccountOf(
  tx: Tx,
  id: Uuid,
  { role, name }: Part,
): Promise<StoredAccount | undefined> {
  const rows = await tx.run<AccountRow>(
    `account-lock-of-${role}`,
    `select ${columns} from account where id = $1 and ${isPartSql[role]} for no key update`,
    [id, name],
  );
  return rows[0] === undefined ? undefined : await withLines(tx, rows[0]);
}

/** Locks an account for the service's own handlers, and makes it where nothing is known of it yet. */
export async function lockOrOpenAccount(tx: Tx, id: Uuid): Promise<StoredAccount> {
  const found = await lockAccountInternally(tx, id);
  if (found !== undefined) return found;
  await tx.run("account-open", "insert into account (id) values ($1) on conflict do nothing", [id]);
  return must(await lockAccountInternally(tx, id), "an account that was just made is there");
}

/** Locks accounts for the service's own handlers, in one order for all; every one must be there. */
export async function lockAccounts(tx: Tx, ids: readonly Uuid[]): Promise<StoredAccount[]> {
  const found: StoredAccount[] = [];
  for (const id of ids.toSorted()) {
    found.push(must(await lockAccountInternally(tx, id), "a stated line has its account"));
  }
  return found;
}

/** Writes an account that is locked: its row, and the lines that are not the same as before. */
export async function saveAccount(
  tx: Tx,
  stored: StoredAccount,
  change: { readonly account: Account; readonly revision: number; readonly now: Temporal.Instant },
): Promise<StoredAccount> {
  const { account, revision } = change;
  const version = stored.version + 1;
  const updatedAt = toMilliseconds(change.now);
  const createdAt = stored.version === 0 ? updatedAt : stored.createdAt;
  const { id, isClosed, stoppedRound, sender, terms, invoice, ...rest } = account;
  const { lines = [], ...head } = invoice ?? {};
  const facts = encodeFacts({
    ...rest,
    ...(terms === undefined ? {} : { terms }),
    ...(invoice === undefined ? {} : { invoice: head as Omit<typeof invoice, "lines"> }),
  });
  await tx.run("account-save", saveSql, [
    ...[id, revision, version, isClosed, stoppedRound, accountState(account)],
    ...[terms?.payer ?? null, terms?.creditor ?? null, terms?.hub ?? null, terms?.currency ?? null],
    ...[facts, createdAt, updatedAt, sender ?? null],
  ]);
  const before = new Set(stored.account.invoice?.lines ?? []);
  await saveLines(
    tx,
    id,
    lines.filter((line) => !before.has(line)),
  );
  return { account, revision, version, createdAt, updatedAt };
}

/** Takes the reference of whoever gave it, a payer or the hub that received a deposit, for ever; false when it was used before. */
export async function takeGuaranteeReference(
  tx: Tx,
  use: { readonly giver: string; readonly reference: string; readonly account: Uuid },
): Promise<boolean> {
  const rows = await tx.run(
    "guarantee-reference-take",
    `insert into guarantee_reference (payer, reference, account) values ($1, $2, $3)
     on conflict do nothing returning 1`,
    [use.giver, use.reference, use.account],
  );
  return rows.length === 1;
}

/** The account on which its giver used a reference; undefined when there is none yet. */
export async function findGuaranteeReference(
  tx: Tx,
  giver: string,
  reference: string,
): Promise<Uuid | undefined> {
  const rows = await tx.run<{ account: Uuid }>(
    "guarantee-reference-find",
    "select account from guarantee_reference where payer = $1 and reference = $2",
    [giver, reference],
  );
  return rows[0]?.account;
}

async function lockAccountInternally(tx: Tx, id: Uuid): Promise<StoredAccount | undefined> {
  const rows = await tx.run<AccountRow>(
    "account-lock",
    `select ${columns} from account where id = $1 for no key update`,
    [id],
  );
  return rows[0] === undefined ? undefined : await withLines(tx, rows[0]);
}

async function withLines(tx: Tx, row: AccountRow): Promise<StoredAccount> {
  const lines = await tx.run<LineRow>(
    "account-lines",
    `select sequence, service_code as "serviceCode", quantity, unit_price_minor as "unitPriceMinor",
       amount_minor as "amountMinor", state, beyond_guarantee as "beyondGuarantee",
       contest_reason as "contestReason", credited_minor as "creditedMinor",
       paid_minor as "paidMinor", accepted_at as "acceptedAt"
     from invoice_line where account = $1 order by sequence`,
    [row.id],
  );
  return toStoredAccount(row, lines);
}

async function saveLines(tx: Tx, account: Uuid, lines: readonly InvoiceLine[]): Promise<void> {
  if (lines.length === 0) return;
  await tx.run("account-lines-save", linesSql, [
    account,
    lines.map(({ sequence }) => sequence),
    lines.map(({ serviceCode }) => serviceCode),
    lines.map(({ quantity }) => quantity),
    lines.map(({ unitPrice }) => unitPrice.amountMinor),
    lines.map(({ amount }) => amount.amountMinor),
    lines.map(({ state }) => state),
    lines.map(({ isBeyondGuarantee }) => isBeyondGuarantee),
    lines.map(({ contestReason }) => contestReason ?? null),
    lines.map(({ creditedMinor }) => creditedMinor),
    lines.map(({ paidMinor }) => paidMinor),
    lines.map(({ acceptedAt }) => acceptedAt ?? null),
  ]);
}

// What the columns hold, so that a reply and a later read show the same time.
function toMilliseconds(instant: Temporal.Instant): Temporal.Instant {
  return instant.round({ smallestUnit: "millisecond", roundingMode: "trunc" });
}

const columns = `id, revision, version, closed, stopped_round as "stoppedRound", sender, facts,
  created_at as "createdAt", updated_at as "updatedAt"`;

const saveSql = `
  update account set revision = $2, version = $3, closed = $4, stopped_round = $5, state = $6,
    payer = $7, creditor = $8, hub = $9, currency = $10, facts = $11, created_at = $12, updated_at = $13,
    sender = $14
  where id = $1`;

// What a line says never changes; only where it stands does.
const linesSql = `
  insert into invoice_line (account, sequence, service_code, quantity, unit_price_minor, amount_minor,
    state, beyond_guarantee, contest_reason, credited_minor, paid_minor, accepted_at)
  select $1, line.* from unnest($2::integer[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[],
    $7::text[], $8::boolean[], $9::text[], $10::bigint[], $11::bigint[], $12::timestamptz[]) as line
  on conflict (account, sequence) do update set state = excluded.state,
    contest_reason = excluded.contest_reason, credited_minor = excluded.credited_minor,
    paid_minor = excluded.paid_minor, accepted_at = excluded.accepted_at`;
