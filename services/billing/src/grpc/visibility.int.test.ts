import {
  AccountService,
  ContestReason,
  DeclineReason,
} from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { StatementService } from "@carehub/contracts/gen/carehub/billing/v1/statement_service_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Api,
  aPromise,
  casesOf,
  kzt,
  mutation,
  refusalOf,
  serveBilling,
  today,
} from "./api.builder.ts";

let api: Api;
beforeAll(async () => {
  api = await serveBilling();
});
afterAll(() => api.close());

const foreign = () => api.as("ministry/KG");
const foreignHub = () => api.as("hub/astana-proton").accounts;

/** Every method, called by an organisation of the right role that has no part in the resource. */
const calls: Record<string, () => Promise<unknown>> = {
  getAccount: async () =>
    foreign().accounts.getAccount({ name: `accounts/${(await estimated()).id}` }),
  listAccounts: () => foreign().accounts.listAccounts({}),
  guaranteePayment: async () =>
    foreign().accounts.guaranteePayment(aPromise((await estimated()).id)),
  declineEstimate: async () =>
    foreign().accounts.declineEstimate({
      ...mutation(),
      name: `accounts/${(await estimated()).id}`,
      reason: DeclineReason.OTHER,
    }),
  recordCharges: async () =>
    foreignHub().recordCharges({
      ...mutation(),
      name: `accounts/${(await casesOf(api).guaranteed()).id}`,
      charges: [
        {
          reference: "U-1",
          item: { serviceCode: "ultrasound", quantity: 1 },
          deliveredDate: today,
        },
      ],
    }),
  acceptInvoice: async () =>
    foreign().accounts.acceptInvoice({ ...mutation(), name: await invoice() }),
  contestInvoiceLines: async () =>
    foreign().accounts.contestInvoiceLines({
      ...mutation(),
      name: await invoice(),
      lineSequences: [1],
      reason: ContestReason.PRICE,
    }),
  replyToContest: async () =>
    foreignHub().replyToContest({
      ...mutation(),
      name: await invoice(),
      lineSequence: 1,
      credit: kzt(0n),
    }),
  closeStatement: () =>
    foreign().statements.closeStatement({
      ...mutation(),
      debtor: "parties/UZ",
      currencyCode: "KZT",
      periodEndDate: today,
    }),
  getStatement: async () => foreign().statements.getStatement({ name: await statement() }),
  listStatements: () => foreign().statements.listStatements({}),
  recordPayment: async () =>
    foreign().statements.recordPayment({
      ...mutation(),
      name: await statement(),
      reference: "PAY-1",
      amount: kzt(1n),
      valueDate: today,
    }),
  listBalances: () => foreign().statements.listBalances({}),
};

/** Lists are empty, and a creditor to whom nothing is owed has nothing to close. */
const others: Record<string, unknown> = {
  listAccounts: { accounts: [], nextPageToken: "" },
  listStatements: { statements: [], nextPageToken: "" },
  listBalances: { balances: [], nextPageToken: "" },
  closeStatement: "NOTHING_TO_STATE",
};

test.each(Object.keys(calls))("%s shows a stranger nothing", async (method) => {
  await statement();
  const call = calls[method]?.();
  const expected = others[method];
  if (typeof expected === "object") expect(await call).toMatchObject(expected as object);
  else {
    const { code, reason } = await refusalOf(call ?? Promise.reject(new Error("no call")));
    expect(expected ?? code).toBe(expected === undefined ? "NOT_FOUND" : reason);
  }
});

test("has a case for every method of the API", () => {
  const methods = [AccountService, StatementService].flatMap((service) =>
    service.methods.map(({ localName }) => localName),
  );
  expect(Object.keys(calls).toSorted()).toEqual(methods.toSorted());
});

test("lets only the roles of a method call it", async () => {
  const { id } = await estimated();
  const hub = api.as("hub/umc-heart").accounts;
  const payer = api.as("ministry/UZ").accounts;
  const recorded = payer.recordCharges({
    ...mutation(),
    name: `accounts/${id}`,
    charges: [
      { reference: "U-1", item: { serviceCode: "ultrasound", quantity: 1 }, deliveredDate: today },
    ],
  });
  expect((await refusalOf(recorded)).reason).toBe("ROLE_NOT_ALLOWED");
  const { account } = await hub.getAccount({ name: `accounts/${id}` });
  expect(account?.hub).toBe("hubs/umc-heart");
  const operator = await api.as("operator/desk").accounts.getAccount({ name: `accounts/${id}` });
  expect(operator.account).toEqual(account);
});

const estimated = () => casesOf(api).estimated();
const invoice = async () => (await casesOf(api).invoiced()).name;

let stated: Promise<string> | undefined;

// A period is closed once a day, so that all cases share one statement.
function statement(): Promise<string> {
  stated ??= casesOf(api)
    .stated()
    .then(({ statement: name }) => name);
  return stated;
}
