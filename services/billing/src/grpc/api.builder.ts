import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { StatementService } from "@carehub/contracts/gen/carehub/billing/v1/statement_service_pb.ts";
import { CallError } from "@carehub/grpc/call-error";
import { connect } from "@carehub/grpc/connect";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import type { Uuid } from "@carehub/rules/ids";
import { createLogger } from "@carehub/runtime/logging";
import { intakeOf, newId, openBilling } from "../billing.builder.ts";
import { billingReasons } from "../domain/reasons.ts";
import type { ServiceItem, Terms } from "../domain/terms.ts";
import { implementAccountService } from "./account-service.ts";
import { implementStatementService } from "./statement-service.ts";

const partners = [
  "ministry/UZ",
  "ministry/KZ",
  "ministry/KG",
  "ministry/DE",
  "hub/umc-heart",
  "hub/astana-proton",
  "operator/desk",
];
const trustDomain = "carehub.example";

/** The service's API over mutual TLS on a database of its own, with the clients of each partner. */
export async function serveBilling() {
  const billing = await openBilling();
  const dir = mkdtempSync(join(tmpdir(), "carehub-billing-"));
  const identities = [...partners, "service/billing"];
  const certificates = await issueCertificates({ dir, trustDomain, identities });
  const server = await serve({
    name: "billing",
    host: "127.0.0.1",
    port: 0,
    tls: certificates.tls("service/billing"),
    trustDomain,
    services: [
      implementAccountService(billing.accounts, billing.queries),
      implementStatementService(billing.statements, billing.queries),
    ],
    reasons: billingReasons,
    logger: createLogger("billing", { level: "silent" }),
  });
  const clients = new Map(
    partners.map((identity) => {
      const at = { address: `localhost:${server.port}`, tls: certificates.tls(identity) };
      const accounts = connect(AccountService, at);
      return [identity, { accounts, statements: connect(StatementService, at) }];
    }),
  );
  return {
    billing,
    /** The clients of one identity. */
    as: (identity: string) => {
      const partner = clients.get(identity);
      if (partner === undefined) throw new Error(`${identity} has no certificate`);
      return partner;
    },
    close: async () => {
      for (const { accounts, statements } of clients.values()) {
        accounts.close();
        statements.close();
      }
      await server.close();
      await billing.close();
      rmSync(dir, { recursive: true });
    },
  };
}

export type Api = Awaited<ReturnType<typeof serveBilling>>;

/** What every mutation brings. */
export function mutation() {
  return { requestId: randomUUID(), actor: { reference: "E-17", role: "finance-officer" } };
}

/** A promise for the estimate of the builders, 110,000 tiyn, that tolerates five per cent more. */
export function aPromise(id: Uuid, reference = `MOH-${id}`) {
  return {
    ...mutation(),
    name: `accounts/${id}`,
    reference,
    cap: kzt(120_000n),
    validUntilDate: { year: 2026, month: 6, day: 30 },
    toleranceBasisPoints: 500,
  };
}

/** So many tiyn on the wire. */
export function kzt(amountMinor: bigint) {
  return { amountMinor, currencyCode: "KZT" };
}

export const today = { year: 2026, month: 1, day: 5 };

/** Brings accounts to where a test begins: estimated, guaranteed, invoiced, accepted, stated. */
export function casesOf({ billing, as }: Api) {
  const { accounts } = as("ministry/UZ");
  const estimated = async (over: Partial<Terms> = {}) => {
    const id = newId();
    const intake = intakeOf(billing, id);
    await intake.estimate(over);
    return { id, intake };
  };
  const guaranteed = async () => {
    const made = await estimated();
    await accounts.guaranteePayment(aPromise(made.id));
    return made;
  };
  const invoiced = async (items?: ServiceItem[]) => {
    const made = await guaranteed();
    await made.intake.charge(items);
    return { ...made, name: `accounts/${made.id}/invoices/1` };
  };
  const stated = async () => {
    const made = await invoiced();
    await accounts.acceptInvoice({ ...mutation(), name: made.name });
    const period = { debtor: "parties/UZ", currencyCode: "KZT", periodEndDate: today };
    const { statement } = await as("ministry/KZ").statements.closeStatement({
      ...mutation(),
      ...period,
    });
    return { ...made, statement: statement?.name ?? "" };
  };
  return { estimated, guaranteed, invoiced, stated };
}

/** How a call was refused: its code and reason; a call that was not is an error. */
export async function refusalOf(call: Promise<unknown>): Promise<CallError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallError) return error;
    throw error;
  }
  throw new Error("the call was not refused");
}
