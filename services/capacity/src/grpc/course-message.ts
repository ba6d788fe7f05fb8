import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CourseHeldSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import {
  Course_State,
  CourseSchema,
  ExtendedStaySchema,
  type Course as WireCourse,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { etagOf } from "../app/visibility.ts";
import type { Course, CourseState, StoredCourse } from "../domain/course.ts";
import { courseName } from "../domain/names.ts";
import { toWireDate } from "../wire/basics.ts";
import {
  toWireHold,
  toWireItems,
  toWirePlan,
  toWireUnavailable,
  wireOutcomes,
} from "../wire/course-parts.ts";
import { toWireRecords } from "./record-message.ts";

/** Writes the reply of a command; every reply that shows a course has it under the same name. */
export function courseResponder<Schema extends DescMessage>(schema: Schema) {
  return (stored: StoredCourse): Uint8Array => {
    const course = toWireCourse(stored);
    return toBinary(schema, create(schema, { course } as unknown as MessageInitShape<Schema>));
  };
}

/** A course as the API shows it; the certificate's document only where one course is read. */
export function toWireCourse(stored: StoredCourse, { withDocument = false } = {}): WireCourse {
  const { course, revision, createdAt, updatedAt } = stored;
  return create(CourseSchema, {
    name: courseName(course.id),
    createTime: toTimestamp(createdAt),
    updateTime: toTimestamp(updatedAt),
    etag: etagOf(revision),
    state: wireStates[course.state],
    hub: course.hub,
    sendingParty: course.sendingParty ?? "",
    round: course.round,
    ...(course.plan === undefined ? {} : { plan: toWirePlan(course.plan) }),
    ...holdFields(course),
    ...(withDocument ? { certificateDocument: course.hold?.certificate.document ?? "" } : {}),
    ...waitingFields(course),
    ...treatmentFields(course),
  });
}

/** Reads the state that a list is asked for; undefined means all. */
export function readState(state: Course_State): CourseState | undefined {
  if (state === Course_State.UNSPECIFIED) return undefined;
  return (Object.keys(wireStates) as CourseState[]).find((key) => wireStates[key] === state);
}

type Fields = Partial<Omit<WireCourse, "$typeName" | "$unknown">>;

function holdFields({ hold }: Course): Fields {
  if (hold === undefined) return {};
  const { round: _, $typeName: __, ...fields } = create(CourseHeldSchema, toWireHold(hold));
  return fields;
}

function waitingFields({ state, round, unavailable, waiting }: Course) {
  if (unavailable === undefined || !(state === "UNAVAILABLE" || state === "WAITLISTED")) return {};
  const waitlisted = state === "WAITLISTED";
  return {
    unavailable: toWireUnavailable(round, unavailable, waitlisted),
    ...(waiting === undefined ? {} : { waitingSinceTime: toTimestamp(waiting.sinceAt) }),
  };
}

function treatmentFields(course: Course) {
  const { stopPending, extendedStays = [], admissionDate, dischargeDate } = course;
  const { outcome, deliveredItems } = course;
  return {
    recordedSessions: toWireRecords(course),
    extendedStays: extendedStays.map(({ lastDate, ...stay }) =>
      create(ExtendedStaySchema, { ...stay, lastDate: toWireDate(lastDate) }),
    ),
    ...(admissionDate === undefined ? {} : { admissionDate: toWireDate(admissionDate) }),
    ...(dischargeDate === undefined ? {} : { dischargeDate: toWireDate(dischargeDate) }),
    ...(stopPending === undefined ? {} : { stopPending: { ...stopPending } }),
    ...(outcome === undefined ? {} : { outcome: wireOutcomes[outcome] }),
    ...(deliveredItems === undefined ? {} : { deliveredItems: toWireItems(deliveredItems) }),
  };
}

/** The states as the API names them. */
export const wireStates: Readonly<Record<CourseState, Course_State>> = {
  NONE: Course_State.UNSPECIFIED,
  UNAVAILABLE: Course_State.UNAVAILABLE,
  WAITLISTED: Course_State.WAITLISTED,
  HELD: Course_State.HELD,
  BOOKED: Course_State.BOOKED,
  IN_TREATMENT: Course_State.IN_TREATMENT,
  INTERRUPTED: Course_State.INTERRUPTED,
  ENDED: Course_State.ENDED,
  RELEASED: Course_State.RELEASED,
  LAPSED: Course_State.LAPSED,
};
