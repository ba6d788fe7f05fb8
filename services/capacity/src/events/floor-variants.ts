import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CourseEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import type { CourseFact } from "../domain/course-fact.ts";
import { toWireDate } from "../wire/basics.ts";

/** What is told of the treatment floor: sessions as they were recorded, and stays beyond their plan. */
export type FloorFact = Extract<
  CourseFact,
  {
    readonly type:
      | "SessionDelivered"
      | "SessionMissed"
      | "SessionCorrected"
      | "SessionPostponed"
      | "StayExtended"
      | "CapacityShortfallDetected";
  }
>;

type Variant = NonNullable<MessageInitShape<typeof CourseEventSchema>["event"]>;

/** A fact of the treatment floor in the published language. */
export function toFloorVariant(fact: FloorFact): Variant {
  switch (fact.type) {
    case "SessionDelivered": {
      const { number, startAt, endAt } = fact;
      const times = { startTime: toTimestamp(startAt), endTime: toTimestamp(endAt) };
      return { case: "sessionDelivered", value: { number, ...times } };
    }
    case "SessionMissed": {
      const { type: _, startAt, ...missed } = fact;
      return { case: "sessionMissed", value: { ...missed, startTime: toTimestamp(startAt) } };
    }
    case "SessionCorrected": {
      const { number, reason, startAt } = fact;
      const startTime = toTimestamp(startAt);
      return { case: "sessionCorrected", value: { number, reason, startTime } };
    }
    case "SessionPostponed": {
      const { number, reason, startAt, rebookByDate } = fact;
      const startTime = toTimestamp(startAt);
      const rebookBy = rebookByDate && { rebookByDate: toWireDate(rebookByDate) };
      return { case: "sessionPostponed", value: { number, reason, startTime, ...rebookBy } };
    }
    case "StayExtended": {
      const { stay, reason } = fact;
      return { case: "stayExtended", value: { stay, reason, lastDate: toWireDate(fact.lastDate) } };
    }
    case "CapacityShortfallDetected": {
      const { pool, displacedCourses } = fact;
      const dates = fact.dates.map(toWireDate);
      const value = { pool, dates, displacedCourses: [...displacedCourses] };
      return { case: "capacityShortfallDetected", value };
    }
    default:
      return fact satisfies never;
  }
}
