-- Patients who pay themselves: what they pay in is a deposit, which the ledger keeps as what is owed to them until it
-- is applied to accepted lines or paid back; the party that sent them may read the account.

ALTER TABLE account ADD COLUMN sender text;
CREATE INDEX account_of_sender ON account (sender, created_at DESC, id DESC) WHERE payer = 'parties/private';

-- Whatever the code does: no more is applied or owed back than was paid in.
ALTER TABLE account ADD CONSTRAINT deposit_is_not_overspent CHECK (
  (facts #>> '{deposit,appliedMinor}')::bigint >= 0
  AND (facts #>> '{deposit,refundableMinor}')::bigint >= 0
  AND (facts #>> '{deposit,appliedMinor}')::bigint + (facts #>> '{deposit,refundableMinor}')::bigint
    <= (facts #>> '{deposit,receivedMinor}')::bigint);

COMMENT ON COLUMN guarantee_reference.payer IS
  'Who gave the reference: the payer, or the hub where it is that of a patient''s receipt.';

ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_has_its_side;
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_has_its_side CHECK (
  (owner = creditor AND kind IN ('RECEIVABLE', 'CREDIT_NOTES', 'CASH') AND balance_minor >= 0) OR
  (owner = creditor AND kind IN ('CHARGES', 'DEPOSITS', 'REFUNDABLE') AND balance_minor <= 0) OR
  (owner = debtor AND kind IN ('PAYABLE', 'CREDIT_NOTES', 'CASH') AND balance_minor <= 0) OR
  (owner = debtor AND kind IN ('CHARGES', 'DEPOSITS', 'REFUNDABLE') AND balance_minor >= 0));
ALTER TABLE ledger_account ADD CONSTRAINT only_patients_pay_in_advance
  CHECK (kind NOT IN ('DEPOSITS', 'REFUNDABLE') OR debtor = 'parties/private');

ALTER TABLE journal DROP CONSTRAINT journal_kind_check;
ALTER TABLE journal ADD CONSTRAINT journal_kind_check
  CHECK (kind IN ('INVOICE', 'CREDIT_NOTE', 'PAYMENT', 'DEPOSIT', 'REFUND'));
