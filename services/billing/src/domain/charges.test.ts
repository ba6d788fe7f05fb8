import { given } from "@carehub/testing/decisions";
import { expect, test } from "vitest";
import {
  aGuaranteedAccount,
  anEstimatedAccount,
  anInvoicedAccount,
  kzt,
  now,
  someTerms,
} from "./account.builder.ts";
import type { Account, Charge } from "./account.ts";
import { issueInvoice, recordCharges } from "./charges.ts";

test("records charges until they pass what the guarantee covers beside the plan", () => {
  const { state } = given(aGuaranteedAccount())
    .when(record(charge("U-1", 10), charge("U-2", 1)))
    .then({ events: [], state: { charges: [{ reference: "U-1" }, { reference: "U-2" }] } });
  given(state)
    .when(record(charge("U-3", 1)))
    .thenFails("GUARANTEE_EXCEEDED", {
      totalMinor: "116000",
      limitMinor: "115500",
      currency: "KZT",
    });
});

test("counts each charge once by its reference, within a request too", () => {
  given(recordCharges(aGuaranteedAccount(), [charge("U-1")]).state)
    .when(record(charge("U-1")))
    .thenFails("CHARGE_REFERENCE_TAKEN", { reference: "U-1" });
  given(aGuaranteedAccount())
    .when(record(charge("U-1"), charge("U-1")))
    .thenFails("CHARGE_REFERENCE_TAKEN", { reference: "U-1" });
});

test("takes charges only under a guarantee that stands, and before the invoice", () => {
  given(anEstimatedAccount())
    .when(record(charge("U-1")))
    .thenFails("CHARGES_CLOSED", { guarantee: "NONE" });
  given(anInvoicedAccount())
    .when(record(charge("U-1")))
    .thenFails("CHARGES_CLOSED", { guarantee: "USED" });
});

test("refuses a charge that the tariff does not price", () => {
  const unknown = { ...charge("X-1"), item: { serviceCode: "transplant", quantity: 1 } };
  given(aGuaranteedAccount()).when(record(unknown)).thenFails("SERVICE_NOT_IN_TARIFF");
});

test("invoices plan and charges with one line each, due for contest in the states' working days", () => {
  const { state } = given(recordCharges(aGuaranteedAccount(), [charge("U-1", 2)]).state)
    .when((account) => issueInvoice(account, { items: someTerms().serviceItems, now }))
    .then([
      { kind: "InvoiceIssued", total: kzt(111_000n), debtor: "parties/UZ", creditor: "parties/KZ" },
    ]);
  expect(
    state.invoice?.lines.map(({ sequence, amount }) => [sequence, amount.amountMinor]),
  ).toEqual([
    [1, 100_000n],
    [2, 10_000n],
    [3, 1_000n],
  ]);
  // Twenty days from the 6th; 7 January does not count, since Kazakhstan is off.
  expect(state.invoice?.contestBy.date.toString()).toBe("2026-02-03");
});

test("marks the lines that pass the guarantee when more was delivered than planned", () => {
  const items = [
    { serviceCode: "operation", quantity: 1 },
    { serviceCode: "intensive-care-day", quantity: 30 },
    { serviceCode: "ultrasound", quantity: 4 },
  ];
  const lines = anInvoicedAccount(items).invoice?.lines;
  expect(lines?.map(({ isBeyondGuarantee }) => isBeyondGuarantee)).toEqual([false, true, false]);
});

function charge(reference: string, quantity = 1): Charge {
  const deliveredOn = Temporal.PlainDate.from("2026-02-03");
  return { reference, item: { serviceCode: "ultrasound", quantity }, deliveredOn };
}

function record(...charges: readonly Charge[]) {
  return (account: Account) => recordCharges(account, charges);
}
