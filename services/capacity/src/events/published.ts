import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CourseEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { HubEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_events_pb.ts";
import type { PublishedEvent } from "@carehub/database/change";
import { topics } from "@carehub/events/topics";
import { toTimestamp } from "@carehub/grpc/instants";
import type { CourseFact } from "../domain/course-fact.ts";
import type { ImportedFact } from "../domain/external-conflict.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { Override } from "../domain/override.ts";
import { toWireDate } from "../wire/basics.ts";
import { toWireMove } from "../wire/course-move.ts";
import { toWireHold, toWireItems, toWireUnavailable, wireOutcomes } from "../wire/course-parts.ts";
import { toWireConflict } from "../wire/external-parts.ts";
import { toWireApproved } from "../wire/override-parts.ts";
import { toFloorVariant } from "./floor-variants.ts";

type Told = {
  readonly revision: number;
  readonly occurredAt: Temporal.Instant;
};

/** A fact of a course in the published language, for its topic. */
export function publishCourseFact(
  fact: CourseFact,
  context: Told & { readonly course: string; readonly hub: string },
): PublishedEvent {
  const { course, hub, revision, occurredAt } = context;
  const message = create(CourseEventSchema, {
    course,
    hub,
    revision: BigInt(revision),
    eventTime: toTimestamp(occurredAt),
    event: toVariant(fact),
  });
  return {
    topic: topics.courses,
    key: course.slice(course.indexOf("/") + 1),
    type: `carehub.capacity.v1.${fact.type}`,
    payload: toBinary(CourseEventSchema, message),
  };
}

/** A published version of a hub, for its topic. */
export function publishHubVersion(
  { document, version }: { readonly document: HubDocument; readonly version: number },
  told: Told,
): PublishedEvent {
  const programmes = [...new Set(document.templates.map(({ programme }) => programme))].toSorted();
  const validUntilTime = toTimestamp(document.validUntilAt);
  const event = { case: "hubPublished", value: { version, validUntilTime, programmes } } as const;
  return hubEvent(document.name, { type: "HubPublished", event }, told);
}

/** An import of a hub's own bookings, for its topic. */
export function publishExternalsImported(
  hub: string,
  { imported, cancelled, conflicts, conflictCount }: ImportedFact,
  told: Told,
): PublishedEvent {
  const value = { imported, cancelled, conflicts: conflicts.map(toWireConflict), conflictCount };
  const event = { case: "externalBookingsImported", value } as const;
  return hubEvent(hub, { type: "ExternalBookingsImported", event }, told);
}

/** An override that two persons agreed on, for its hub's topic. */
export function publishOverrideApproved(
  name: string,
  override: Override,
  told: Told,
): PublishedEvent {
  const value = toWireApproved(name, override);
  const event = { case: "overrideApproved", value } as const;
  return hubEvent(override.hub, { type: "OverrideApproved", event }, told);
}

type HubVariant = NonNullable<MessageInitShape<typeof HubEventSchema>["event"]>;

function hubEvent(
  hub: string,
  { type, event }: { readonly type: string; readonly event: HubVariant },
  { revision, occurredAt }: Told,
): PublishedEvent {
  const eventTime = toTimestamp(occurredAt);
  const message = create(HubEventSchema, { hub, revision: BigInt(revision), eventTime, event });
  return {
    topic: topics.hubs,
    key: hub.slice(hub.indexOf("/") + 1),
    type: `carehub.capacity.v1.${type}`,
    payload: toBinary(HubEventSchema, message),
  };
}

type Variant = NonNullable<MessageInitShape<typeof CourseEventSchema>["event"]>;

function toVariant(fact: CourseFact): Variant {
  switch (fact.type) {
    case "CourseHeld":
      return { case: "courseHeld", value: { ...toWireHold(fact.hold), round: fact.round } };
    case "CourseUnavailable":
      return {
        case: "courseUnavailable",
        value: toWireUnavailable(fact.round, fact.unavailable, fact.waitlisted),
      };
    case "CourseHoldLapsed":
      return { case: "courseHoldLapsed", value: { round: fact.round, reason: fact.reason } };
    case "CourseBooked": {
      const { round, certificateHash, ...dates } = fact;
      const firstDate = toWireDate(dates.firstDate);
      const lastDate = toWireDate(dates.lastDate);
      return { case: "courseBooked", value: { round, firstDate, lastDate, certificateHash } };
    }
    case "CourseMoved":
      return { case: "courseMoved", value: toWireMove(fact) };
    case "CourseInterrupted": {
      const { round, reason, remainingSessions } = fact;
      const sinceDate = toWireDate(fact.sinceDate);
      return { case: "courseInterrupted", value: { round, reason, sinceDate, remainingSessions } };
    }
    case "CourseResumed": {
      const nextDate = toWireDate(fact.nextDate);
      return { case: "courseResumed", value: { round: fact.round, nextDate } };
    }
    case "CourseDisplaced": {
      const { round, reason, numbers, startAt, endAt } = fact;
      const times = { startTime: toTimestamp(startAt), endTime: toTimestamp(endAt) };
      const value = { round, reason, sessionNumbers: [...numbers], ...times };
      return { case: "courseDisplaced", value };
    }
    case "CourseReleased":
      return { case: "courseReleased", value: { round: fact.round, reason: fact.reason } };
    case "CourseStarted": {
      const admissionDate = toWireDate(fact.admissionDate);
      return { case: "courseStarted", value: { round: fact.round, admissionDate } };
    }
    case "CourseEnded":
      return {
        case: "courseEnded",
        value: {
          round: fact.round,
          outcome: wireOutcomes[fact.outcome],
          deliveredItems: toWireItems(fact.deliveredItems),
          admissionDate: toWireDate(fact.admissionDate),
          dischargeDate: toWireDate(fact.dischargeDate),
        },
      };
    case "CourseStopPending":
      return { case: "courseStopPending", value: { round: fact.round, reason: fact.reason } };
    case "CourseStopDeclined": {
      const { round, reason } = fact;
      const deliveredItems = toWireItems(fact.deliveredItems);
      return { case: "courseStopDeclined", value: { round, reason, deliveredItems } };
    }
    default:
      return toFloorVariant(fact);
  }
}
