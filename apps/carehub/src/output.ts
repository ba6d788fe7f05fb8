import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { MoneySchema } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import type { DateSchema } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { parseCurrency } from "@carehub/money/currency";
import { formatMoney } from "@carehub/money/decimal";
import Table from "cli-table3";

// One line a row: a timeline is long enough.
const plain = {
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
};

/** A table for people. */
export function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const made = new Table({ head: [...head], ...plain });
  made.push(...rows.map((row) => row.map((cell) => String(cell ?? ""))));
  return made.toString();
}

/** Names and values, one a line, without those that have nothing to say. */
export function facts(pairs: readonly (readonly [string, unknown])[]): string {
  const told = pairs.filter(([, value]) => value !== undefined && value !== "" && value !== 0);
  const width = Math.max(...told.map(([name]) => name.length));
  return told.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

/** An instant to the minute, in UTC. */
export function showTime(time: Timestamp | undefined): string {
  if (time === undefined) return "";
  const instant = Temporal.Instant.fromEpochMilliseconds(timestampMs(time));
  return `${instant.toString({ smallestUnit: "minute" }).replace("T", " ").replace("Z", "")} UTC`;
}

export function showDate(date: MessageInitShape<typeof DateSchema> | undefined): string {
  if (date === undefined) return "";
  const { year = 0, month = 0, day = 0 } = date;
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

export function showMoney(money: MessageInitShape<typeof MoneySchema> | undefined): string {
  if (money?.currencyCode === undefined || money.currencyCode === "") return "";
  const currency = parseCurrency(money.currencyCode);
  return formatMoney({ amountMinor: money.amountMinor ?? 0n, currency });
}
