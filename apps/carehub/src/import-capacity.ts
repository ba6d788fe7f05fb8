import { create, fromJson, toJson } from "@bufbuild/protobuf";
import { type Hub, HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import {
  HubService,
  type PublishHubRequest,
  PublishHubRequestSchema,
  PublishHubResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { type CapacityParts, readCapacityCsv } from "./capacity-csv.ts";
import type { Connection } from "./connection.ts";
import { FileError } from "./file-error.ts";
import {
  type InputFile,
  type Locate,
  locating,
  readInput,
  refuseViolations,
  violationsOf,
} from "./input-file.ts";
import { readHubName } from "./own-hub.ts";
import type { Reading } from "./reads.ts";
import { signature } from "./signature.ts";
import { UsageError } from "./usage-error.ts";
import { readYaml } from "./yaml-file.ts";

/** Publishes a hub's capacity from a file; with --dry-run only reads it and says what is wrong. */
export async function importCapacity({
  connection,
  target,
  values,
  json,
}: Reading): Promise<string> {
  const input = readInput(target);
  const hub = readHubName(values.hub?.at(-1));
  const isDry = values["dry-run"] !== undefined;
  const etag = values.etag?.at(-1);
  const signed = fromJson(PublishHubRequestSchema, { ...signature(values) });
  if (input.isCsv) {
    const { parts, locate } = readCapacityCsv(input);
    if (isDry) return tellDry(json, countsOf(parts));
    if (hub === undefined)
      throw new UsageError("name the hub whose document is changed: --hub hubs/…");
    const before = await publishedHub(connection, hub);
    const next = create(HubSchema, { ...before, ...withOld(parts, before) });
    return send({ ...signed, hub: next, etag: etag ?? before.etag }, { connection, locate, json });
  }
  const { document, locate } = readDocument(input, hub);
  const request = { ...signed, hub: document, etag: etag ?? "" };
  refuseViolations(input, violationsOf(PublishHubRequestSchema, request, ""), locate);
  if (isDry) return tellDry(json, countsOf(document));
  return send(request, { connection, locate, json });
}

async function publishedHub(connection: Connection, name: string): Promise<Hub> {
  const { hub } = await connection.client(HubService).getHub({ name });
  if (hub === undefined) throw new Error("an answer holds the hub");
  return hub;
}

type Sending = {
  readonly connection: Connection;
  readonly locate: Locate;
  readonly json: boolean;
};

async function send(request: PublishHubRequest, { connection, locate, json }: Sending) {
  const answer = await locating(locate, () => connection.client(HubService).publishHub(request));
  if (json) return JSON.stringify(toJson(PublishHubResponseSchema, answer), null, 2);
  const { name = "", version = 0 } = answer.hub ?? {};
  return `${name} is published, version ${version}: ${countsOf(answer.hub ?? {})}`;
}

function readDocument(input: InputFile, hub: string | undefined) {
  const file = readYaml(input.name, input.text);
  const document = file.message(HubSchema, ["hub"]);
  const locate: Locate = (path) => {
    const line = file.lineOf(path);
    return line === 0 ? undefined : { line, field: path };
  };
  if (hub !== undefined && document.name !== hub) {
    const description = `is ${document.name}, not ${hub} as --hub says`;
    const line = file.lineOf("hub.name");
    throw new FileError(input.name, [{ line, field: "hub.name", description }]);
  }
  return { document, locate };
}

// What a table cannot say of a resource stays as it was published.
function withOld({ resources, ...parts }: CapacityParts, before: Hub): CapacityParts {
  if (resources === undefined) return parts;
  const known = new Map(before.resources.map((resource) => [resource.id, resource]));
  return {
    ...parts,
    resources: resources.map((resource) => {
      const old = known.get(resource.id);
      if (old === undefined) return resource;
      const { kind, weeklyOpenings } = resource;
      return { ...old, kind, weeklyOpenings };
    }),
  };
}

function countsOf({ resources, pools, exceptionalOpenings, closures }: CapacityParts): string {
  const counts = { resources, pools, "exceptional openings": exceptionalOpenings, closures };
  return Object.entries(counts)
    .flatMap(([name, rows]) => (rows === undefined ? [] : [`${rows.length} ${name}`]))
    .join(", ");
}

function tellDry(json: boolean, counts: string): string {
  if (json) return JSON.stringify({ dryRun: true, found: counts }, null, 2);
  return `nothing was sent; the file holds ${counts}`;
}
