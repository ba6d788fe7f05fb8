import { toJson } from "@bufbuild/protobuf";
import { OverrideSchema } from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import {
  GetOverrideResponseSchema,
  ListOverridesRequestSchema,
  OverrideService,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_service_pb.ts";
import { describeOverride, overridesTable } from "./describe-override.ts";
import { inOwnZone, optionsOf, readRequest } from "./fields.ts";
import { hubOf, zoneOf } from "./own-hub.ts";
import { pageSize, readPages } from "./pages.ts";
import type { Reading } from "./reads.ts";
import { findOverride } from "./targets.ts";

/** The options of the list of overrides, from its request. */
export const overridesOptions = optionsOf(
  ListOverridesRequestSchema,
  new Set(["pageSize", "pageToken"]),
);

/** The overrides that were proposed in a period at the hub, the newest first. */
export async function listOverrides({ connection, values, json }: Reading): Promise<string> {
  const zone = await zoneOf(connection, await hubOf(connection, undefined));
  const given = { options: overridesOptions, values, base: {} };
  const asked = readRequest(ListOverridesRequestSchema, await inOwnZone(given, async () => zone));
  const found = await readPages(async (pageToken) => {
    const client = connection.client(OverrideService);
    const answer = await client.listOverrides({ ...asked, pageSize, pageToken });
    return { items: answer.overrides, next: answer.nextPageToken };
  });
  if (!json) return overridesTable(found, zone);
  const overrides = found.map((each) => toJson(OverrideSchema, each));
  return JSON.stringify({ overrides }, null, 2);
}

/** One override. */
export async function showOverride({ connection, target, json }: Reading): Promise<string> {
  const name = await findOverride(connection, target);
  const answer = await connection.client(OverrideService).getOverride({ name });
  if (json || answer.override === undefined) {
    return JSON.stringify(toJson(GetOverrideResponseSchema, answer), null, 2);
  }
  const [hub = name] = name.split("/overrides/");
  return describeOverride(answer.override, await zoneOf(connection, hub));
}
