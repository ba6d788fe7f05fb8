import { create, toBinary } from "@bufbuild/protobuf";
import {
  ExternalBookingService,
  ImportExternalBookingsRequestSchema,
  ImportExternalBookingsResponseSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Deps } from "../app/capacity-app.ts";
import { type Imported, importExternals } from "../app/external-import.ts";
import { listExternalBookings } from "../app/external-queries.ts";
import type { QueryDeps } from "../app/queries.ts";
import { parseHubName } from "../domain/names.ts";
import { readDate } from "../wire/basics.ts";
import {
  readEntry,
  toWireConflict,
  toWireExternal,
  toWireRefusal,
} from "../wire/external-parts.ts";
import { toCommand } from "./commands.ts";
import { pageSizeOf, readPageToken, writePageToken } from "./page-token.ts";

/** The API of what hubs' own systems have booked. */
export function implementExternalBookingService(deps: Deps & QueryDeps): Implementation {
  return implement(ExternalBookingService, {
    importExternalBookings: (request, call) => {
      const { hub, entries, replaceRange: range } = request;
      return importExternals(deps, {
        ...toCommand(ImportExternalBookingsRequestSchema, { request, call }, imported),
        hub: parseHubName(hub, "hub"),
        entries: entries.map(readEntry),
        replaced: range && {
          source: range.source,
          firstDate: readDate(range.firstDate, "replace_range.first_date"),
          lastDate: readDate(range.lastDate, "replace_range.last_date"),
        },
      });
    },
    listExternalBookings: async (request, { caller }) => {
      const { hub, onlyConflicts, pageSize, pageToken } = request;
      const firstDate = readDate(request.firstDate, "first_date");
      const lastDate = readDate(request.lastDate, "last_date");
      const query = ["external", hub, `${firstDate}`, `${lastDate}`, String(onlyConflicts)];
      const after = readPageToken(query, pageToken);
      const { items, next } = await listExternalBookings(deps, caller, {
        ...{ hub, firstDate, lastDate, onlyConflicts },
        size: pageSizeOf(pageSize),
        after,
      });
      return { bookings: items.map(toWireExternal), nextPageToken: writePageToken(query, next) };
    },
  });
}

function imported({ conflicts, refusals, ...counts }: Imported): Uint8Array {
  const response = create(ImportExternalBookingsResponseSchema, {
    ...counts,
    refusals: refusals.map(toWireRefusal),
    conflicts: conflicts.map(toWireConflict),
  });
  return toBinary(ImportExternalBookingsResponseSchema, response);
}
