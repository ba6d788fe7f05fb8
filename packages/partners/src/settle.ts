import { CallError } from "@carehub/grpc/call-error";
import { command, type Partner } from "./partner.ts";

const pageSize = 200;

/**
 * Closes the period that ends on the given day for every debtor and currency in which the creditor is
 * owed something, and records the payment of each whole statement. Lines that nobody accepted yet wait.
 */
export async function settleAll(creditor: Partner, today: Temporal.PlainDate): Promise<void> {
  const { balances } = await creditor.statements.listBalances({ pageSize });
  const { year, month, day } = today;
  for (const { debtor, outstanding } of balances) {
    if (outstanding === undefined || outstanding.amountMinor <= 0n) continue;
    const statement = await closeStatement(creditor, {
      debtor,
      currencyCode: outstanding.currencyCode,
      periodEndDate: { year, month, day },
    });
    if (statement?.total === undefined) continue;
    await creditor.statements.recordPayment({
      name: statement.name,
      reference: `PAY-${debtor.replace("parties/", "")}-${outstanding.currencyCode}-${today}`,
      amount: statement.total,
      valueDate: { year, month, day },
      ...command("settlement-officer"),
    });
  }
}

type Period = {
  readonly debtor: string;
  readonly currencyCode: string;
  readonly periodEndDate: { year: number; month: number; day: number };
};

async function closeStatement(creditor: Partner, period: Period) {
  try {
    const request = { ...period, ...command("settlement-officer") };
    return (await creditor.statements.closeStatement(request)).statement;
  } catch (error) {
    if (error instanceof CallError && error.reason === "NOTHING_TO_STATE") return undefined;
    throw error;
  }
}
