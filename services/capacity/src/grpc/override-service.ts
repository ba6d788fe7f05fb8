import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as api from "@carehub/contracts/gen/carehub/capacity/v1/override_service_pb.ts";
import { toInstant } from "@carehub/grpc/instants";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { invalidField } from "@carehub/rules/ids";
import type { Deps } from "../app/capacity-app.ts";
import * as commands from "../app/override-commands.ts";
import { getOverride, listOverrides } from "../app/override-queries.ts";
import { parseCourseName, parseHubName } from "../domain/names.ts";
import type { Opens, OverrideReason, StoredOverride } from "../domain/override.ts";
import { readDate, readInstant } from "../wire/basics.ts";
import { toWireOverride, wireStates } from "../wire/override-parts.ts";
import { namedCommand, toCommand } from "./commands.ts";
import { pageSizeOf, readPageToken, writePageToken } from "./page-token.ts";

/** The API of what two persons of a hub open for one course beyond what the hub has. */
export function implementOverrideService(deps: Deps): Implementation {
  return implement(api.OverrideService, {
    proposeOverride: (request, call) =>
      commands.proposeOverride(
        deps,
        {
          hub: parseHubName(request.hub, "hub"),
          course: request.course === "" ? undefined : parseCourseName(request.course),
          opens: readOpens(request),
          reason: request.reason as OverrideReason,
          expiresAt: readInstant(request.expireTime, "expire_time"),
        },
        toCommand(
          api.ProposeOverrideRequestSchema,
          { request, call },
          responder(api.ProposeOverrideResponseSchema),
        ),
      ),
    approveOverride: (request, call) =>
      commands.approveOverride(
        deps,
        namedCommand(
          api.ApproveOverrideRequestSchema,
          { request, call },
          responder(api.ApproveOverrideResponseSchema),
        ),
      ),
    withdrawOverride: (request, call) =>
      commands.withdrawOverride(
        deps,
        namedCommand(
          api.WithdrawOverrideRequestSchema,
          { request, call },
          responder(api.WithdrawOverrideResponseSchema),
        ),
      ),
    getOverride: async ({ name }, { caller }) => {
      const { stored, ...seen } = await getOverride(deps, name, caller);
      return { override: toWireOverride(stored, seen) };
    },
    listOverrides: async ({ pageSize, pageToken, startTime, endTime }, { caller }) => {
      const from = startTime && toInstant(startTime);
      const to = endTime && toInstant(endTime);
      const query = ["overrides", caller.name, String(from ?? ""), String(to ?? "")];
      const after = readPageToken(query, pageToken);
      const page = { from, to, size: pageSizeOf(pageSize), after };
      const { items, next, counts, now } = await listOverrides(deps, page, caller);
      return {
        overrides: items.map((stored) => toWireOverride(stored, { now, withPersons: true })),
        nextPageToken: writePageToken(query, next),
        counts: counts.map(({ state, ...count }) => ({ ...count, state: wireStates[state] })),
      };
    },
  });
}

function readOpens({ opens }: api.ProposeOverrideRequest): Opens {
  switch (opens.case) {
    case "outsideHours": {
      const { resources, startTime, endTime } = opens.value;
      return {
        kind: "OUTSIDE_HOURS",
        resources,
        startAt: readInstant(startTime, "outside_hours.start_time"),
        endAt: readInstant(endTime, "outside_hours.end_time"),
      };
    }
    case "overbooking": {
      const { pool, firstDate, lastDate, count } = opens.value;
      return {
        kind: "OVERBOOKING",
        pool,
        firstDate: readDate(firstDate, "overbooking.first_date"),
        lastDate: readDate(lastDate, "overbooking.last_date"),
        count,
      };
    }
    case undefined:
      throw invalidField("opens", "is missing");
    default:
      return opens satisfies never;
  }
}

// What was just changed is as its row says: an open one has not expired.
function responder<Schema extends DescMessage>(schema: Schema) {
  return (stored: StoredOverride): Uint8Array => {
    const override = toWireOverride(stored, { now: stored.updatedAt, withPersons: true });
    const init = { override } as unknown as MessageInitShape<Schema>;
    return toBinary(schema, create(schema, init));
  };
}
