import { create, toBinary } from "@bufbuild/protobuf";
import type { Agreement } from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import {
  Standing,
  type Party as WireParty,
} from "@carehub/contracts/gen/carehub/agreements/v1/party_pb.ts";
import {
  PublishAgreementRequestSchema,
  PublishAgreementResponseSchema,
  PublishPartyRequestSchema,
  PublishPartyResponseSchema,
  RegistryService,
} from "@carehub/contracts/gen/carehub/agreements/v1/registry_service_pb.ts";
import type { Actor as WireActor } from "@carehub/contracts/gen/carehub/type/v1/actor_pb.ts";
import { toInstant } from "@carehub/grpc/instants";
import { requestSource } from "@carehub/grpc/request-source";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Actor } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import type { Agreements } from "../app/agreements.ts";
import { publishAgreement, publishParty } from "../app/publish.ts";
import { getAgreement, getParty, pageAgreements, type Queries } from "../app/queries.ts";
import type { Party } from "../domain/party.ts";
import { readAgreement } from "./agreement-reading.ts";
import { showAgreement, showParty } from "./agreement-showing.ts";

/** The register's API; see the proto for what each method promises. */
export function implementRegistry(
  app: Agreements,
  queries: Queries,
  onPublished: () => Promise<void> = async () => undefined,
): Implementation {
  return implement(RegistryService, {
    publishParty: (request, call) =>
      publishParty(app, readParty(must(request.party, "validation requires the party")), {
        caller: call.caller,
        actor: readActor(request.actor),
        source: requestSource(PublishPartyRequestSchema, request, call),
        respond: (published) =>
          toBinary(
            PublishPartyResponseSchema,
            create(PublishPartyResponseSchema, { party: showParty(published) }),
          ),
      }),
    getParty: async ({ name }, { caller }) => ({
      party: showParty(await getParty(queries, caller, name)),
    }),
    publishAgreement: async (request, call) => {
      const wire: Agreement = must(request.agreement, "validation requires the agreement");
      const response = await publishAgreement(app, readAgreement(wire), {
        caller: call.caller,
        actor: readActor(request.actor),
        source: requestSource(PublishAgreementRequestSchema, request, call),
        respond: (known) =>
          toBinary(
            PublishAgreementResponseSchema,
            create(PublishAgreementResponseSchema, { agreement: showAgreement(known) }),
          ),
      });
      await onPublished();
      return response;
    },
    getAgreement: async ({ name, version, knownAtTime }, { caller }) => {
      const known = await getAgreement(queries, caller, {
        name,
        ...(version > 0 && { version }),
        ...(knownAtTime && { knownAt: toInstant(knownAtTime) }),
      });
      return { agreement: showAgreement(known) };
    },
    listAgreements: async ({ party, pageSize, pageToken }, { caller }) => {
      const page = await pageAgreements(queries, caller, { party, pageSize, pageToken });
      return { agreements: page.items.map(showAgreement), nextPageToken: page.nextPageToken };
    },
  });
}

function readParty(wire: WireParty): Party {
  const { name, title, country, calendar, currencyCode: currency, timeZone, spiffeId } = wire;
  const standing = wire.standing === Standing.ACTIVE ? "ACTIVE" : "SUSPENDED";
  return { name, title, country, calendar, currency, timeZone, spiffeId, standing };
}

function readActor(wire: WireActor | undefined): Actor {
  const { reference, role, onBehalfOf, signature } = must(wire, "validation requires the actor");
  return {
    ...{ reference, role },
    ...(onBehalfOf !== "" && { onBehalfOf }),
    ...(signature !== "" && { signature }),
  };
}
