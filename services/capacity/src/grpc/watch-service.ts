import { fromBinary } from "@bufbuild/protobuf";
import {
  type CourseEvent,
  CourseEventSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import {
  type HubEvent,
  HubEventSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_events_pb.ts";
import { WatchService } from "@carehub/contracts/gen/carehub/capacity/v1/watch_service_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Caller } from "@carehub/rules/caller";
import { parseTraceparent } from "@carehub/runtime/trace";
import pLimit from "p-limit";
import { type From, type Told, type WatchDeps, watchCapacity, watchCourses } from "../app/watch.ts";
import { hubOfCaller } from "../domain/names.ts";
import { readCursor, writeCursor } from "./watch-service-cursor.ts";

// Of the pool's connections the others are for those who write.
const readsAtOnceMax = 4;

/** The API of watching: streams that go on from a cursor. */
export function implementWatchService(parts: Omit<WatchDeps, "turns">): Implementation {
  const deps = { ...parts, turns: pLimit(readsAtOnceMax) };
  return implement(WatchService, {
    watchCapacity: (request, call) => {
      const query = ["capacity", call.caller.name, request.hub];
      const told = watchCapacity(deps, request.hub, fromOf(query, { request, call }));
      return write(query, told, ({ payload }) => hubEventFor(call.caller, payload));
    },
    watchCourses: (request, call) => {
      const { caller } = call;
      const query = ["courses", caller.name];
      const told = watchCourses(deps, caller, fromOf(query, { request, call }));
      return write(query, told, ({ payload }) => courseEventFor(caller, payload));
    },
  });
}

type Asked = {
  readonly request: { readonly cursor: string; readonly fromNow: boolean };
  readonly call: Call;
};

function fromOf(query: readonly string[], { request, call }: Asked): From {
  const after = readCursor(query, request.cursor);
  return { after, fromNow: request.fromNow, signal: call.signal };
}

async function* write<Event>(
  query: readonly string[],
  told: AsyncIterable<Told>,
  toEvent: (event: NonNullable<Told["event"]>) => Event,
) {
  for await (const { number, event } of told) {
    const cursor = writeCursor(query, number);
    if (event === undefined) yield { cursor };
    else {
      const traceId = parseTraceparent(event.traceparent)?.traceId ?? "";
      yield { cursor, eventId: event.eventId, traceId, event: toEvent(event) };
    }
  }
}

/** What is in the way of what a hub imports names courses: only the hub itself is told. */
function hubEventFor(caller: Caller, payload: Uint8Array): HubEvent {
  const hubEvent = fromBinary(HubEventSchema, payload);
  const { event } = hubEvent;
  if (event.case === "externalBookingsImported" && hubOfCaller(caller) !== hubEvent.hub) {
    Object.assign(event.value, { conflicts: [], conflictCount: 0 });
  }
  if (event.case === "overrideApproved" && hubOfCaller(caller) !== hubEvent.hub) {
    Object.assign(event.value, { course: "" });
  }
  return hubEvent;
}

/** Whom a longer stay displaces is between them and their hub; another's ministry hears that it happened. */
function courseEventFor(caller: Caller, payload: Uint8Array): CourseEvent {
  const courseEvent = fromBinary(CourseEventSchema, payload);
  const { event } = courseEvent;
  if (event.case === "capacityShortfallDetected" && hubOfCaller(caller) !== courseEvent.hub) {
    event.value.displacedCourses = [];
  }
  return courseEvent;
}
