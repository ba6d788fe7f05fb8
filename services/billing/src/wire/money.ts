import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PricedLineSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import type { Money as WireMoney } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import { parseCurrency } from "@carehub/money/currency";
import type { Money } from "@carehub/money/money";
import { invalidField } from "@carehub/rules/ids";
import type { PricedLine } from "../domain/pricing.ts";

/** Reads an amount; absent it fails with INVALID_FIELD, in an unknown currency with CURRENCY_UNKNOWN. */
export function readMoney(
  money: Pick<WireMoney, "amountMinor" | "currencyCode"> | undefined,
  field: string,
): Money {
  if (money === undefined) throw invalidField(field, "is missing");
  return { amountMinor: money.amountMinor, currency: parseCurrency(money.currencyCode) };
}

/** An amount for the wire. */
export function toWireMoney({ amountMinor, currency }: Money) {
  return { amountMinor, currencyCode: currency };
}

/** A priced line for the wire. */
export function toWireLine(line: PricedLine): MessageInitShape<typeof PricedLineSchema> {
  const { sequence, serviceCode, quantity } = line;
  const unitPrice = toWireMoney(line.unitPrice);
  return { sequence, serviceCode, quantity, unitPrice, amount: toWireMoney(line.amount) };
}
