import { fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type CaseEvent,
  CaseEventSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { CaseEntrySchema } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { parseTraceparent } from "@carehub/runtime/trace";
import type { CaseEntry } from "../app/queries.ts";

/** An event of a case with what stands beside it; the cursor only in a feed. */
export function toCaseEntry(
  entry: CaseEntry,
  cursor?: bigint,
): MessageInitShape<typeof CaseEntrySchema> {
  const { eventId, occurredAt, caller, actor, traceparent, payload } = entry;
  const event = fromBinary(CaseEventSchema, payload);
  return {
    cursor: cursor === undefined ? "" : `${cursor}`,
    eventId,
    eventTime: toTimestamp(occurredAt),
    caller: caller ?? (actor === null ? serviceOf(event) : ""),
    ...(actor && { actor }),
    traceId: parseTraceparent(traceparent)?.traceId ?? "",
    reason: reasonOf(event),
    event,
  };
}

/** The service whose message the event is: an answer is of the package of the service that gave it. */
function serviceOf({ event }: CaseEvent): string {
  const [, service = "intake"] = event.value?.$typeName.split(".") ?? [];
  return `service/${service}`;
}

function reasonOf({ event }: CaseEvent): string {
  const { value } = event;
  return value !== undefined && "reason" in value ? value.reason : "";
}
