import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Charge as WireCharge } from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import * as api from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import type { Actor } from "@carehub/contracts/gen/carehub/type/v1/actor_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { must } from "@carehub/rules/fault";
import type { AccountCommands } from "../app/account-commands.ts";
import type { Queries } from "../app/queries.ts";
import type { Charge, ContestReason } from "../domain/account.ts";
import type { DeclineReason } from "../domain/account-events.ts";
import { parseAccountName, parseInvoiceName } from "../domain/names.ts";
import type { StoredAccount } from "../domain/stored-account.ts";
import { readMoney } from "../wire/money.ts";
import { readDate } from "../wire/times.ts";
import { toWireAccount } from "./account-message.ts";
import { responder, toCommand } from "./commands.ts";

/** The API of accounts: parse the request, run the command, answer the account. */
export function implementAccountService(
  commands: AccountCommands,
  queries: Queries,
): Implementation {
  return implement(api.AccountService, {
    getAccount: async ({ name }, { caller }) => ({
      account: toWireAccount(await queries.getAccount(parseAccountName(name), caller)),
    }),
    listAccounts: async (page, { caller }) => {
      const { items, nextPageToken } = await queries.listAccounts(page, caller);
      return { accounts: items.map(toWireAccount), nextPageToken };
    },
    guaranteePayment: (request, call) =>
      commands.guaranteePayment({
        ...ofAccount(guaranteeMessages, { request, call }),
        promise: readPromise(request),
      }),
    declineEstimate: (request, call) =>
      commands.declineEstimate({
        ...ofAccount(declineMessages, { request, call }),
        reason: must(declineReasons[request.reason], "validation lets in defined reasons only"),
      }),
    recordCharges: (request, call) =>
      commands.recordCharges({
        ...ofAccount(chargesMessages, { request, call }),
        charges: request.charges.map(readCharge),
      }),
    acceptInvoice: (request, call) =>
      commands.acceptInvoice({
        ...ofInvoice(acceptMessages, { request, call }),
        sequences: request.lineSequences,
      }),
    contestInvoiceLines: (request, call) =>
      commands.contestInvoiceLines({
        ...ofInvoice(contestMessages, { request, call }),
        sequences: request.lineSequences,
        reason: must(contestReasons[request.reason], "validation lets in defined reasons only"),
      }),
    replyToContest: (request, call) =>
      commands.replyToContest({
        ...ofInvoice(replyMessages, { request, call }),
        sequence: request.lineSequence,
        credit: readMoney(request.credit, "credit"),
      }),
  });
}

type Named = {
  readonly name: string;
  readonly requestId: string;
  readonly etag: string;
  readonly actor?: Actor | undefined;
};
type Messages<Request extends DescMessage> = {
  readonly request: Request;
  readonly respond: (view: StoredAccount) => Uint8Array;
};
type Asked<Request extends DescMessage> = {
  readonly request: MessageShape<Request> & Named;
  readonly call: Call;
};

function ofAccount<Request extends DescMessage>(
  { request: schema, respond }: Messages<Request>,
  asked: Asked<Request>,
) {
  return { ...toCommand(schema, asked, respond), id: parseAccountName(asked.request.name) };
}

function ofInvoice<Request extends DescMessage>(
  { request: schema, respond }: Messages<Request>,
  asked: Asked<Request>,
) {
  return { ...toCommand(schema, asked, respond), ...parseInvoiceName(asked.request.name) };
}

const show = (stored: StoredAccount) => ({ account: toWireAccount(stored) });

const guaranteeMessages = {
  request: api.GuaranteePaymentRequestSchema,
  respond: responder(api.GuaranteePaymentResponseSchema, show),
};
const declineMessages = {
  request: api.DeclineEstimateRequestSchema,
  respond: responder(api.DeclineEstimateResponseSchema, show),
};
const chargesMessages = {
  request: api.RecordChargesRequestSchema,
  respond: responder(api.RecordChargesResponseSchema, show),
};
const acceptMessages = {
  request: api.AcceptInvoiceRequestSchema,
  respond: responder(api.AcceptInvoiceResponseSchema, show),
};
const contestMessages = {
  request: api.ContestInvoiceLinesRequestSchema,
  respond: responder(api.ContestInvoiceLinesResponseSchema, show),
};
const replyMessages = {
  request: api.ReplyToContestRequestSchema,
  respond: responder(api.ReplyToContestResponseSchema, show),
};

const declineReasons: Readonly<Record<number, DeclineReason>> = {
  [api.DeclineReason.BUDGET_EXHAUSTED]: "BUDGET_EXHAUSTED",
  [api.DeclineReason.TREATED_AT_HOME]: "TREATED_AT_HOME",
  [api.DeclineReason.OTHER]: "OTHER",
};

const contestReasons: Readonly<Record<number, ContestReason>> = {
  [api.ContestReason.NOT_DELIVERED]: "NOT_DELIVERED",
  [api.ContestReason.PRICE]: "PRICE",
  [api.ContestReason.QUANTITY]: "QUANTITY",
  [api.ContestReason.NOT_COVERED]: "NOT_COVERED",
  [api.ContestReason.OTHER]: "OTHER",
};

function readPromise(request: api.GuaranteePaymentRequest) {
  const { reference, toleranceBasisPoints, budgetReference } = request;
  return {
    reference,
    cap: readMoney(request.cap, "cap"),
    validUntil: readDate(request.validUntilDate, "valid_until_date"),
    toleranceBasisPoints,
    budgetReference,
  };
}

function readCharge({ reference, item, deliveredDate }: WireCharge, index: number): Charge {
  const { serviceCode, quantity } = must(item, "validation requires the item");
  return {
    reference,
    item: { serviceCode, quantity },
    deliveredOn: readDate(deliveredDate, `charges[${index}].delivered_date`),
  };
}
