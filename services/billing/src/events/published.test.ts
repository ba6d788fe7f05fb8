import { fromBinary, toJson } from "@bufbuild/protobuf";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import { expect, test } from "vitest";
import { accountId, after, anInvoicedAccount, kzt, now } from "../domain/account.builder.ts";
import { contestLines, replyToContest } from "../domain/invoice.ts";
import { publishAccountEvent } from "./published.ts";

test("tells with every credit note and acceptance what is contested now", () => {
  const contested = after(anInvoicedAccount(), (account) =>
    contestLines(account, { sequences: [1, 2], reason: "PRICE", now }),
  );
  const { events } = replyToContest(contested, { sequence: 2, credit: kzt(4_000n), now });
  const told = events.map((event) => {
    const context = { account: accountId, revision: 7, occurredAt: now };
    const { payload } = publishAccountEvent(event, context);
    return toJson(AccountEventSchema, fromBinary(AccountEventSchema, payload));
  });
  const amount = (amountMinor: string) => ({ amountMinor, currencyCode: "KZT" });
  expect(told).toMatchObject([
    { creditNoteIssued: { amount: amount("4000"), contested: amount("100000") } },
    { invoiceAccepted: { accepted: amount("6000"), contested: amount("100000") } },
  ]);
});
