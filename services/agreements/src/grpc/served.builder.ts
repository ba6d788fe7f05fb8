import { randomUUID } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { AgreementSchema } from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import { EntitlementService } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_service_pb.ts";
import { PartySchema } from "@carehub/contracts/gen/carehub/agreements/v1/party_pb.ts";
import { RegistryService } from "@carehub/contracts/gen/carehub/agreements/v1/registry_service_pb.ts";
import { connect } from "@carehub/grpc/connect";
import { serve } from "@carehub/grpc/serve";
import { issueCertificates } from "@carehub/local/certificates";
import { createLogger } from "@carehub/runtime/logging";
import { parse } from "yaml";
import { openTestAgreements } from "../agreements.builder.ts";
import { agreementsReasons } from "../domain/reasons.ts";
import { implementEntitlements } from "./entitlement-service.ts";
import { implementRegistry } from "./registry-service.ts";

const identities = [
  "service/agreements",
  "operator/registry",
  "operator/desk",
  "ministry/UZ",
  "ministry/KZ",
  "ministry/KG",
  "ministry/TJ",
  "ministry/RU",
  "hub/umc-heart",
  "hub/astana-proton",
] as const;

/** The API behind mutual TLS on a database of its own, with clients of every identity. */
async function serveTestAgreements() {
  const dir = mkdtempSync(join(tmpdir(), "agreements-"));
  const trustDomain = "carehub.example";
  const certificates = await issueCertificates({ dir, trustDomain, identities });
  const opened = await openTestAgreements();
  const server = await serve({
    ...{ name: "agreements", host: "127.0.0.1", port: 0, trustDomain },
    tls: certificates.tls("service/agreements"),
    services: [
      implementRegistry(opened.app, opened.queries),
      implementEntitlements(opened.app, opened.queries),
    ],
    reasons: agreementsReasons,
    logger: createLogger("agreements", { level: "silent" }),
  });
  const clients: { close: () => unknown }[] = [];
  const as = (identity: (typeof identities)[number]) => {
    const options = { address: `localhost:${server.port}`, tls: certificates.tls(identity) };
    const registry = connect(RegistryService, options);
    const entitlements = connect(EntitlementService, options);
    clients.push(registry, entitlements);
    return { registry, entitlements };
  };
  return {
    ...opened,
    as,
    close: async () => {
      for (const client of clients) client.close();
      await server.close();
      await opened.close();
      rmSync(dir, { recursive: true });
    },
  };
}

const examples = new URL("../../../../examples/", import.meta.url);

type Document = { readonly illustrative: boolean; readonly source: string };

/** Every file of a folder of examples, by name. */
export function readExamples(folder: "parties" | "agreements"): Map<string, Document & object> {
  const files = readdirSync(new URL(folder, examples)).filter((file) => file.endsWith(".yaml"));
  return new Map(
    files.toSorted().map((file) => {
      const text = readFileSync(new URL(`${folder}/${file}`, examples), "utf8");
      return [file, parse(text) as Document];
    }),
  );
}

/** The parties of the examples. */
export function exampleParties() {
  return [...readExamples("parties").values()].map((document) =>
    fromJson(PartySchema, (document as unknown as { party: JsonValue }).party),
  );
}

/** The agreements of the examples, oldest first. */
export function exampleAgreements() {
  return [...readExamples("agreements").values()].map((document) =>
    fromJson(AgreementSchema, (document as unknown as { agreement: JsonValue }).agreement),
  );
}

/** Who publishes in the tests, with a request id of its own. */
export function command() {
  return { requestId: randomUUID(), actor: { reference: "registrar-1", role: "registrar" } };
}

/** Serves the API with every example published. */
export async function serveExamples() {
  const served = await serveTestAgreements();
  const { registry } = served.as("operator/registry");
  for (const party of exampleParties()) await registry.publishParty({ party, ...command() });
  for (const agreement of exampleAgreements()) {
    await registry.publishAgreement({ agreement, ...command() });
  }
  return served;
}

export type Served = Awaited<ReturnType<typeof serveExamples>>;
