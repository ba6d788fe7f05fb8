-- Accounts with their invoices, the ledger, statements and payments. Whatever the code does: a journal
-- sums to zero, a balance is the sum of its legs, what is posted or stated never changes, a line stands
-- on one statement, and no more is paid than is owed.

CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is history: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- ── Accounts ─────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE account (
  id            uuid PRIMARY KEY,
  -- The revision of the last event told.
  revision      integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
  -- Counts every write: some changes, such as a recorded charge, tell no event.
  version       integer NOT NULL DEFAULT 0 CHECK (version >= 0),
  closed        boolean NOT NULL DEFAULT false,
  stopped_round integer NOT NULL DEFAULT 0,
  state         text NOT NULL DEFAULT 'CLOSED' CHECK (state IN ('ESTIMATED', 'GUARANTEED', 'CLOSED',
    'INVOICED', 'PART_CONTESTED', 'ACCEPTED', 'SETTLED')),
  payer         text,
  creditor      text,
  hub           text,
  currency      text CHECK (currency ~ '^[A-Z]{3}$'),
  -- Terms, estimate, guarantee, charges and the head of the invoice, as src/storage/account-facts.ts has them.
  facts         jsonb NOT NULL DEFAULT '{}',
  created_at    timestamptz(3) NOT NULL DEFAULT app.now(),
  updated_at    timestamptz(3) NOT NULL DEFAULT app.now(),
  CONSTRAINT account_has_all_its_parties_or_none
    CHECK (num_nulls(payer, creditor, hub, currency) IN (0, 4)),
  CONSTRAINT nobody_owes_themselves CHECK (payer <> creditor)
);
CREATE INDEX account_of_payer ON account (payer, created_at DESC, id DESC);
CREATE INDEX account_of_pair ON account (creditor, payer, currency);
CREATE INDEX account_of_creditor ON account (creditor, created_at DESC, id DESC);
CREATE INDEX account_of_hub ON account (hub, created_at DESC, id DESC);
CREATE INDEX account_estimated ON account (id) WHERE state = 'ESTIMATED';

-- A payer's references of its guarantees, for ever.
CREATE TABLE guarantee_reference (
  payer     text NOT NULL,
  reference text NOT NULL,
  account   uuid NOT NULL REFERENCES account,
  PRIMARY KEY (payer, reference)
);
CREATE TRIGGER guarantee_reference_is_for_ever BEFORE UPDATE OR DELETE OR TRUNCATE ON guarantee_reference
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE invoice_line (
  account          uuid NOT NULL REFERENCES account,
  sequence         integer NOT NULL CHECK (sequence >= 1),
  service_code     text NOT NULL,
  quantity         integer NOT NULL CHECK (quantity >= 1),
  unit_price_minor bigint NOT NULL CHECK (unit_price_minor >= 0),
  amount_minor     bigint NOT NULL,
  state            text NOT NULL CHECK (state IN ('OPEN', 'ACCEPTED', 'CONTESTED', 'CREDITED', 'PAID')),
  beyond_guarantee boolean NOT NULL,
  contest_reason   text,
  credited_minor   bigint NOT NULL CHECK (credited_minor >= 0),
  paid_minor       bigint NOT NULL CHECK (paid_minor >= 0),
  accepted_at      timestamptz,
  PRIMARY KEY (account, sequence),
  CONSTRAINT line_is_quantity_times_price CHECK (amount_minor = quantity * unit_price_minor),
  CONSTRAINT line_is_not_overpaid CHECK (credited_minor + paid_minor <= amount_minor),
  CONSTRAINT line_is_paid_whole CHECK (state <> 'PAID' OR credited_minor + paid_minor = amount_minor),
  CONSTRAINT line_is_credited_whole CHECK ((state = 'CREDITED') = (amount_minor > 0 AND credited_minor = amount_minor)),
  CONSTRAINT line_was_accepted_once CHECK ((state IN ('ACCEPTED', 'PAID')) = (accepted_at IS NOT NULL)),
  CONSTRAINT line_is_paid_when_accepted CHECK (paid_minor = 0 OR state IN ('ACCEPTED', 'PAID')),
  CONSTRAINT line_was_contested_for_a_reason
    CHECK (state NOT IN ('CONTESTED', 'CREDITED') OR contest_reason IS NOT NULL)
);
CREATE INDEX invoice_line_accepted ON invoice_line (account) WHERE state = 'ACCEPTED';

-- ── Ledger ───────────────────────────────────────────────────────────────────────────────────────

-- The book of two parties in one currency; its row is locked by whoever posts or closes.
CREATE TABLE pair (
  debtor       text NOT NULL,
  creditor     text NOT NULL,
  currency     text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- The last day that a statement closed; nothing is posted on it or before it any more.
  closed_until date,
  PRIMARY KEY (debtor, creditor, currency),
  CHECK (debtor <> creditor)
);

-- A positive balance is a debit. Each party has its own side of the book, mirrored by the other's.
CREATE TABLE ledger_account (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  debtor        text NOT NULL,
  creditor      text NOT NULL,
  currency      text NOT NULL,
  owner         text NOT NULL,
  kind          text NOT NULL,
  balance_minor bigint NOT NULL DEFAULT 0,
  UNIQUE (debtor, creditor, currency, owner, kind),
  UNIQUE (id, currency),
  FOREIGN KEY (debtor, creditor, currency) REFERENCES pair,
  CONSTRAINT ledger_account_has_its_side CHECK (
    (owner = creditor AND kind IN ('RECEIVABLE', 'CREDIT_NOTES', 'CASH') AND balance_minor >= 0) OR
    (owner = creditor AND kind = 'CHARGES' AND balance_minor <= 0) OR
    (owner = debtor AND kind IN ('PAYABLE', 'CREDIT_NOTES', 'CASH') AND balance_minor <= 0) OR
    (owner = debtor AND kind = 'CHARGES' AND balance_minor >= 0))
);

CREATE TABLE journal (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind        text NOT NULL CHECK (kind IN ('INVOICE', 'CREDIT_NOTE', 'PAYMENT')),
  -- The document's full name: a document is posted once.
  reference   text NOT NULL UNIQUE,
  reverses    bigint REFERENCES journal,
  debtor      text NOT NULL,
  creditor    text NOT NULL,
  currency    text NOT NULL,
  -- Where it belongs, and the day of the open period on which it is posted.
  occurred_on date NOT NULL,
  booked_on   date NOT NULL CHECK (booked_on >= occurred_on),
  posted_at   timestamptz NOT NULL DEFAULT app.now(),
  transaction xid8 NOT NULL DEFAULT pg_current_xact_id(),
  FOREIGN KEY (debtor, creditor, currency) REFERENCES pair,
  CONSTRAINT credit_note_names_its_invoice CHECK ((kind = 'CREDIT_NOTE') = (reverses IS NOT NULL))
);

CREATE TABLE leg (
  journal        bigint NOT NULL REFERENCES journal,
  position       integer NOT NULL CHECK (position >= 1),
  ledger_account bigint NOT NULL,
  currency       text NOT NULL,
  amount_minor   bigint NOT NULL CHECK (amount_minor <> 0),
  PRIMARY KEY (journal, position),
  FOREIGN KEY (ledger_account, currency) REFERENCES ledger_account (id, currency)
);
CREATE INDEX leg_of_ledger_account ON leg (ledger_account);

CREATE TRIGGER journal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER leg_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON leg
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pair WHERE debtor = new.debtor AND creditor = new.creditor
      AND currency = new.currency AND closed_until >= new.booked_on) THEN
    RAISE EXCEPTION 'the period of journal % is closed', new.reference USING ERRCODE = 'check_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER journal_is_in_an_open_period BEFORE INSERT ON journal
  FOR EACH ROW EXECUTE FUNCTION refuse_closed_period();

-- Legs come with their journal, on accounts of its pair; the balances follow them in the same statement.
CREATE FUNCTION book_legs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM booked JOIN journal ON journal.id = booked.journal
      JOIN ledger_account ON ledger_account.id = booked.ledger_account
      WHERE journal.transaction <> pg_current_xact_id()
        OR (journal.debtor, journal.creditor, journal.currency) IS DISTINCT FROM
           (ledger_account.debtor, ledger_account.creditor, ledger_account.currency)) THEN
    RAISE EXCEPTION 'a leg was booked outside of its journal' USING ERRCODE = 'check_violation';
  END IF;
  UPDATE ledger_account SET balance_minor = balance_minor + moved.amount_minor
    FROM (SELECT ledger_account, sum(amount_minor)::bigint AS amount_minor FROM booked GROUP BY 1) AS moved
    WHERE id = moved.ledger_account;
  RETURN NULL;
END $$;
CREATE TRIGGER leg_moves_balances AFTER INSERT ON leg REFERENCING NEW TABLE AS booked
  FOR EACH STATEMENT EXECUTE FUNCTION book_legs();

CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) < 2 OR sum(amount_minor) <> 0 OR min(currency) <> max(currency)
      FROM leg WHERE journal = new.id) THEN
    RAISE EXCEPTION 'journal % does not sum to zero', new.reference USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER journal_sums_to_zero AFTER INSERT ON journal DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced();

-- A balance starts at zero and moves with legs only.
CREATE FUNCTION guard_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (TG_OP = 'INSERT' AND new.balance_minor <> 0) OR (TG_OP = 'UPDATE' AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'a balance moves with legs only' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER balance_is_guarded BEFORE INSERT OR UPDATE ON ledger_account
  FOR EACH ROW EXECUTE FUNCTION guard_balance();
CREATE TRIGGER ledger_account_is_for_ever BEFORE DELETE OR TRUNCATE ON ledger_account
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE FUNCTION guard_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF old.closed_until IS NOT NULL AND (new.closed_until IS NULL OR new.closed_until < old.closed_until) THEN
    RAISE EXCEPTION 'a closed period stays closed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER period_stays_closed BEFORE UPDATE ON pair
  FOR EACH ROW EXECUTE FUNCTION guard_period();

-- ── Statements and payments ──────────────────────────────────────────────────────────────────────

CREATE TABLE statement (
  id           uuid PRIMARY KEY,
  revision     integer NOT NULL CHECK (revision >= 1),
  debtor       text NOT NULL,
  creditor     text NOT NULL,
  currency     text NOT NULL,
  period_end   date NOT NULL,
  total_minor  bigint NOT NULL CHECK (total_minor > 0),
  paid_minor   bigint NOT NULL DEFAULT 0,
  entries_hash text NOT NULL CHECK (entries_hash ~ '^[0-9a-f]{64}$'),
  closed_at    timestamptz(3) NOT NULL,
  UNIQUE (debtor, creditor, currency, period_end),
  FOREIGN KEY (debtor, creditor, currency) REFERENCES pair,
  CONSTRAINT statement_is_not_overpaid CHECK (paid_minor BETWEEN 0 AND total_minor)
);
CREATE INDEX statement_of_debtor ON statement (debtor, closed_at DESC, id DESC);
CREATE INDEX statement_of_creditor ON statement (creditor, closed_at DESC, id DESC);

CREATE FUNCTION guard_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (new.id, new.debtor, new.creditor, new.currency, new.period_end, new.total_minor, new.entries_hash,
      new.closed_at) IS DISTINCT FROM (old.id, old.debtor, old.creditor, old.currency, old.period_end,
      old.total_minor, old.entries_hash, old.closed_at) OR new.paid_minor < old.paid_minor THEN
    RAISE EXCEPTION 'a closed statement only takes payments' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN new;
END $$;
CREATE TRIGGER statement_only_takes_payments BEFORE UPDATE ON statement
  FOR EACH ROW EXECUTE FUNCTION guard_statement();
CREATE TRIGGER statement_is_for_ever BEFORE DELETE OR TRUNCATE ON statement
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE TABLE statement_entry (
  statement    uuid NOT NULL REFERENCES statement,
  position     integer NOT NULL CHECK (position >= 1),
  account      uuid NOT NULL,
  sequence     integer NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (statement, position),
  CONSTRAINT line_stands_on_one_statement UNIQUE (account, sequence),
  FOREIGN KEY (account, sequence) REFERENCES invoice_line (account, sequence)
);
CREATE TRIGGER statement_entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

-- A creditor's references of payments, for ever.
CREATE TABLE payment (
  creditor     text NOT NULL,
  reference    text NOT NULL,
  statement    uuid NOT NULL REFERENCES statement,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  value_date   date NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT app.now(),
  PRIMARY KEY (creditor, reference)
);
CREATE TRIGGER payment_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
