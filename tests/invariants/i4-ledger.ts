import { askRules, type Invariant, type SqlRule } from "./invariant.ts";

const pairOf = (table: string) =>
  `concat_ws(' ', ${table}.debtor, 'owes', ${table}.creditor, ${table}.currency)`;

// Each side has the same books, but what is receivable to one is payable to the other.
const bookOf = "case when kind in ('RECEIVABLE', 'PAYABLE') then 'DEBT' else kind end";

const rules: readonly SqlRule[] = [
  {
    rule: "each journal sums to zero in each currency, and on each side of the book",
    database: "billing",
    table: "journal",
    looked: "journal",
    broken: `select 'journal ' || journal.id || ' ' || reference as row,
        format('%s legs of %s and %s sum to %s', count(leg.journal), coalesce(owner, 'nobody'), leg.currency,
          coalesce(sum(amount_minor), 0)) as found
      from journal left join leg on leg.journal = journal.id
        left join ledger_account as account on account.id = leg.ledger_account
      group by journal.id, reference, owner, leg.currency
      having coalesce(sum(amount_minor), 1) <> 0
        or bool_or(leg.currency <> journal.currency or account.currency <> journal.currency)`,
  },
  {
    rule: "all legs of a currency sum to zero",
    database: "billing",
    table: "leg",
    looked: "leg",
    broken: `select currency as row, 'all legs sum to ' || sum(amount_minor) as found
      from leg group by currency having sum(amount_minor) <> 0`,
  },
  {
    rule: "a balance is the sum of its legs",
    database: "billing",
    table: "ledger_account",
    looked: "ledger_account",
    broken: `select concat_ws(' ', 'account', account.id, owner, kind, account.currency) as row,
        format('balance %s, its legs sum to %s', balance_minor, coalesce(sum(amount_minor), 0)) as found
      from ledger_account as account left join leg on leg.ledger_account = account.id
      group by account.id having balance_minor <> coalesce(sum(amount_minor), 0)`,
  },
  {
    rule: "what one is owed the other owes",
    database: "billing",
    table: "ledger_account",
    looked: "ledger_account",
    broken: `select ${pairOf("account")} as row, format('%s of the creditor %s, of the debtor %s',
        ${bookOf}, coalesce(sum(balance_minor) filter (where owner = creditor), 0),
        coalesce(sum(balance_minor) filter (where owner = debtor), 0)) as found
      from ledger_account as account
      group by debtor, creditor, currency, ${bookOf} having sum(balance_minor) <> 0`,
  },
  {
    rule: "what patients paid in and have coming is what their accounts say",
    database: "billing",
    table: "ledger_account",
    looked: "account",
    broken: `select ${pairOf("book")} as row, format('accounts have %s deposited and %s refundable, the ledger %s and %s',
        coalesce(deposited, 0), coalesce(refundable, 0), book.deposits, book.refunds) as found
      from (select debtor, creditor, currency,
          coalesce(-sum(balance_minor) filter (where kind = 'DEPOSITS'), 0) as deposits,
          coalesce(-sum(balance_minor) filter (where kind = 'REFUNDABLE'), 0) as refunds
        from ledger_account where owner = creditor group by 1, 2, 3) as book
      left join (select creditor, currency, 'parties/private' as debtor,
          sum((deposit->>'receivedMinor')::bigint - (deposit->>'appliedMinor')::bigint
            - (deposit->>'refundableMinor')::bigint) as deposited,
          sum((deposit->>'refundableMinor')::bigint) as refundable
        from (select creditor, currency, facts->'deposit' as deposit from account where facts ? 'deposit') as paid
        group by 1, 2) as said using (debtor, creditor, currency)
      where book.deposits <> coalesce(deposited, 0) or book.refunds <> coalesce(refundable, 0)`,
  },
  {
    rule: "an invoice is posted once, with the sum of its lines",
    database: "billing",
    table: "account",
    looked: "account where facts ? 'invoice'",
    broken: `select 'account ' || account.id as row, format('invoice %s of lines %s is posted as %s',
        facts->'invoice'->'total'->>'amountMinor', lines.total, coalesce(posted.total::text, 'nothing')) as found
      from account, lateral (
        select coalesce(sum(amount_minor), 0) as total from invoice_line where account = account.id) as lines,
      lateral (
        select sum(leg.amount_minor) as total from journal join leg on leg.journal = journal.id
          join ledger_account on ledger_account.id = leg.ledger_account and ledger_account.kind = 'RECEIVABLE'
        where journal.kind = 'INVOICE'
          and reference = 'accounts/' || account.id || '/invoices/' || (facts->'invoice'->>'number')) as posted
      where facts ? 'invoice' and ((facts->'invoice'->'total'->>'amountMinor')::bigint <> lines.total
        or coalesce(posted.total, 0) <> lines.total)`,
  },
  {
    rule: "what is owed is what lines have open",
    database: "billing",
    table: "invoice_line",
    looked: "invoice_line",
    broken: `select concat_ws(' ', coalesce(lines.debtor, book.debtor), 'owes', coalesce(lines.creditor, book.creditor),
        coalesce(lines.currency, book.currency)) as row,
        format('lines leave %s open, the ledger %s', coalesce(open, 0), coalesce(balance_minor, 0)) as found
      from (select payer as debtor, creditor, currency, sum(amount_minor - credited_minor - paid_minor) as open
          from invoice_line join account on account.id = invoice_line.account group by 1, 2, 3) as lines
        full join (select * from ledger_account where kind = 'RECEIVABLE') as book using (debtor, creditor, currency)
      where coalesce(open, 0) <> coalesce(balance_minor, 0)
        and not exists (select from statement where paid_minor between 1 and total_minor - 1)`,
  },
  {
    rule: "a statement is the sum of its entries, and paid what was recorded",
    database: "billing",
    table: "statement",
    looked: "statement",
    broken: `select 'statement ' || id as row, format('total %s of entries %s, paid %s of payments %s', total_minor,
        entries, paid_minor, payments) as found
      from (select *,
          (select coalesce(sum(amount_minor), 0) from statement_entry where statement = statement.id) as entries,
          (select coalesce(sum(amount_minor), 0) from payment where statement = statement.id) as payments
        from statement) as sums
      where total_minor <> entries or paid_minor <> payments or paid_minor > total_minor`,
  },
];

/** Money comes from somewhere and goes somewhere. */
export const balancedLedger: Invariant = {
  id: "I4",
  title: "a balanced ledger",
  check: (evidence) => askRules(evidence, rules),
};
