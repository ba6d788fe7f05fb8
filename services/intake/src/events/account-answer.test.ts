import { create } from "@bufbuild/protobuf";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import { expect, test } from "vitest";
import { tenge } from "../domain/case.builder.ts";
import { toAccountAnswer } from "./account-answer.ts";

const wire = (amountMinor: bigint) => ({ amountMinor, currencyCode: "KZT" });
const invoice = "accounts/x/invoices/1";

test("reads what is contested now from an acceptance and from a credit note", () => {
  const accepted = create(AccountEventSchema, {
    event: {
      case: "invoiceAccepted",
      value: { invoice, accepted: wire(30n), contested: wire(0n) },
    },
  });
  expect(toAccountAnswer(accepted)).toMatchObject({
    answer: { kind: "InvoiceAccepted", invoice, amount: tenge(30n), contested: tenge(0n) },
  });
  const credited = create(AccountEventSchema, {
    event: {
      case: "creditNoteIssued",
      value: { invoice, creditNote: "c/1", amount: wire(40n), contested: wire(10n) },
    },
  });
  expect(toAccountAnswer(credited)).toMatchObject({
    answer: { kind: "CreditNoteIssued", amount: tenge(40n), contested: tenge(10n) },
  });
});

test("reads an acceptance of before contests were told with it", () => {
  const event = create(AccountEventSchema, {
    event: { case: "invoiceAccepted", value: { invoice, accepted: wire(30n) } },
  });
  expect(toAccountAnswer(event)).toHaveProperty("answer", {
    kind: "InvoiceAccepted",
    invoice,
    amount: tenge(30n),
  });
});
