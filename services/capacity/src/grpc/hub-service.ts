import { create, toBinary } from "@bufbuild/protobuf";
import {
  HubService,
  PublishHubRequestSchema,
  PublishHubResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { must } from "@carehub/rules/fault";
import type { Deps } from "../app/capacity-app.ts";
import { publishHub } from "../app/publish-hub.ts";
import { getHub, getUsage, listHubs, type QueryDeps } from "../app/queries.ts";
import type { Hub } from "../domain/hub.ts";
import { readDate } from "../wire/basics.ts";
import { readHubDocument, toWireHub } from "../wire/hub-document.ts";
import { toCommand } from "./commands.ts";
import { pageSizeOf, readPageToken, writePageToken } from "./page-token.ts";

/** The API of hubs: what they can treat, and what they used of it. */
export function implementHubService(deps: Deps & QueryDeps): Implementation {
  return implement(HubService, {
    publishHub: (request, call) => {
      const document = readHubDocument(must(request.hub, "validation requires the hub"));
      const command = toCommand(PublishHubRequestSchema, { request, call }, published);
      return publishHub(deps, document, { ...command, etag: request.etag });
    },
    getHub: async ({ name, version }) => {
      const { hub, now } = await getHub(deps, name, version);
      return { hub: toWireHub(hub, now) };
    },
    listHubs: async ({ pageSize, pageToken, programme }) => {
      const query = ["hubs", programme];
      const after = readPageToken(query, pageToken);
      const page = { size: pageSizeOf(pageSize), after, programme };
      const { items, next, now } = await listHubs(deps, page);
      return {
        hubs: items.map((hub) => toWireHub(hub, now)),
        nextPageToken: writePageToken(query, next),
      };
    },
    getHubUsage: async ({ name, firstDate, lastDate }, { caller }) => {
      const usage = await getUsage(deps, caller, {
        name,
        firstDate: readDate(firstDate, "first_date"),
        lastDate: readDate(lastDate, "last_date"),
      });
      return {
        resources: usage.resources.map((part) => ({ ...part })),
        pools: usage.pools.map((part) => ({ ...part })),
      };
    },
  });
}

function published(hub: Hub): Uint8Array {
  const response = create(PublishHubResponseSchema, { hub: toWireHub(hub, hub.updatedAt) });
  return toBinary(PublishHubResponseSchema, response);
}
