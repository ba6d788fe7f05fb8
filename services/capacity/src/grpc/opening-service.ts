import { create, toBinary } from "@bufbuild/protobuf";
import {
  type GrantOpeningsRequest,
  GrantOpeningsRequestSchema,
  GrantOpeningsResponseSchema,
  OpeningService,
} from "@carehub/contracts/gen/carehub/capacity/v1/opening_service_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { invalidField } from "@carehub/rules/ids";
import type { Deps } from "../app/capacity-app.ts";
import { type Granted, grantForHub } from "../app/opening-grant.ts";
import type { Hub } from "../domain/hub.ts";
import { parseCourseName, parseHubName } from "../domain/names.ts";
import { readInstant } from "../wire/basics.ts";
import { toWireHub } from "../wire/hub-document.ts";
import { toCommand } from "./commands.ts";

/** The API of openings that hubs grant. */
export function implementOpeningService(deps: Deps): Implementation {
  return implement(OpeningService, {
    grantOpenings: (request, call) =>
      grantForHub(deps, readGranted(request), {
        ...toCommand(GrantOpeningsRequestSchema, { request, call }, granted),
        hub: parseHubName(request.hub, "hub"),
        etag: request.etag,
      }),
  });
}

function readGranted({ granted: { case: kind, value } }: GrantOpeningsRequest): Granted {
  switch (kind) {
    case "course":
      return { kind, course: parseCourseName(value) };
    case "openings": {
      const openings = value.openings.map(({ resource, startTime, endTime }, index) => ({
        resource,
        startAt: readInstant(startTime, `openings.openings[${index}].start_time`),
        endAt: readInstant(endTime, `openings.openings[${index}].end_time`),
      }));
      return { kind, openings };
    }
    case undefined:
      throw invalidField("granted", "is missing");
    default:
      return kind satisfies never;
  }
}

function granted(hub: Hub): Uint8Array {
  const response = create(GrantOpeningsResponseSchema, { hub: toWireHub(hub, hub.updatedAt) });
  return toBinary(GrantOpeningsResponseSchema, response);
}
