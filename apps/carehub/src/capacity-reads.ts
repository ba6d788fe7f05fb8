import { type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  CourseSearchService,
  FindCoursesRequestSchema,
  FindCoursesResponseSchema,
  type FoundCourse,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_search_service_pb.ts";
import {
  DisruptionService,
  GetReplanResponseSchema,
  ListReplansRequestSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import {
  type ExternalBooking,
  ExternalBooking_StatusSchema,
  ExternalBookingSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_pb.ts";
import {
  ExternalBookingService,
  ListExternalBookingsRequestSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import {
  GetHubRequestSchema,
  HubService,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { ReplanSchema } from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { readFields } from "./change.ts";
import { daysOf } from "./describe.ts";
import { describeHub } from "./describe-hub.ts";
import { describeReplan, lastPart, replansTable } from "./describe-replan.ts";
import { optionsOf, readRequest } from "./fields.ts";
import { showDate, showTime, table } from "./output.ts";
import { hubOf, readHubName, zoneOf } from "./own-hub.ts";
import { pageSize, readPages } from "./pages.ts";
import type { Reading } from "./reads.ts";
import { findReplan } from "./targets.ts";
import { showLocal } from "./times.ts";

const paging = new Set(["hub", "name", "pageSize", "pageToken"]);

/** The options of the commands here, from their requests. */
export const optionsOfReads = {
  bookings: optionsOf(ListExternalBookingsRequestSchema, paging),
  courses: optionsOf(FindCoursesRequestSchema, new Set()),
  hub: optionsOf(GetHubRequestSchema, paging),
  replans: optionsOf(ListReplansRequestSchema, paging),
} as const;

/** What a hub has published, now or in an earlier version. */
export async function showHub({ connection, target, values, json }: Reading): Promise<string> {
  const base = { name: await hubOf(connection, target) };
  const request = readRequest(GetHubRequestSchema, { options: optionsOfReads.hub, values, base });
  const { hub } = await connection.client(HubService).getHub(request);
  if (hub === undefined) throw new Error("an answer without its hub");
  return json ? write({ hub: toJson(HubSchema, hub) }) : describeHub(hub);
}

/** What was imported of the hub's own systems. */
export async function listBookings({ connection, values, json }: Reading): Promise<string> {
  const base = { hub: await hubOf(connection, values.hub?.at(-1)) };
  const options = optionsOfReads.bookings;
  const asked = readRequest(ListExternalBookingsRequestSchema, { options, values, base });
  const found = await readPages(async (pageToken) => {
    const client = connection.client(ExternalBookingService);
    const answer = await client.listExternalBookings({ ...asked, pageSize, pageToken });
    return { items: answer.bookings, next: answer.nextPageToken };
  });
  if (json) return write({ bookings: found.map((each) => toJson(ExternalBookingSchema, each)) });
  if (found.length === 0) return "nothing was imported for these days";
  const zone = await zoneOf(connection, base.hub);
  const rows = found.map((booking) => [
    booking.source,
    booking.sourceId,
    placeOf(booking, zone),
    ExternalBooking_StatusSchema.value[booking.status]?.localName,
    booking.conflicts
      .map(({ course, resource, startTime }) => {
        const where = `${lastPart(resource)} at ${showLocal(startTime, zone)}`;
        return course === "" ? where : `${course}, ${where}`;
      })
      .join("\n"),
  ]);
  return table(["system", "id", "where and when", "state", "in conflict with"], rows);
}

function placeOf({ place }: ExternalBooking, zone: string): string {
  if (place.case === "resourceTime") {
    const { resource, startTime, endTime, beam } = place.value;
    const time = `${resource}, ${showLocal(startTime, zone)} to ${showLocal(endTime, zone)}`;
    return beam === undefined ? time : `${time}, ${beam.minutes} min of beam`;
  }
  if (place.case !== "stay") return "";
  const { pool, firstDate, lastDate, count } = place.value;
  return `${Math.max(1, count)} of ${pool}, ${showDate(firstDate)} to ${showDate(lastDate)}`;
}

/** The proposals of the hub, the newest first. */
export async function listReplans({ connection, values, json }: Reading): Promise<string> {
  const options = optionsOfReads.replans;
  const asked = readRequest(ListReplansRequestSchema, { options, values, base: {} });
  const found = await readPages(async (pageToken) => {
    const client = connection.client(DisruptionService);
    const answer = await client.listReplans({ ...asked, pageSize, pageToken });
    return { items: answer.replans, next: answer.nextPageToken };
  });
  if (json) return write({ replans: found.map((each) => toJson(ReplanSchema, each)) });
  return replansTable(found, await zoneOf(connection, await hubOf(connection, undefined)));
}

/** A proposal with what would change for each course; the only open one unless told which. */
export async function showReplan({ connection, target, json }: Reading): Promise<string> {
  const name = await findReplan(connection, target);
  const answer = await connection.client(DisruptionService).getReplan({ name });
  if (json || answer.replan === undefined) return write(toJson(GetReplanResponseSchema, answer));
  const [, hub] = /^(hubs\/[^/]+)/.exec(name) ?? [];
  return describeReplan(answer.replan, await zoneOf(connection, await hubOf(connection, hub)));
}

/** The earliest courses that would fit, at many hubs at once; nothing is held. */
export async function findCourses({ connection, values, json }: Reading): Promise<string> {
  const options = optionsOfReads.courses;
  const base = readFields(values.with?.at(-1));
  const hubs = values.hubs?.flatMap((text) => text.split(",").map((each) => readHubName(each)));
  const given = hubs === undefined ? values : { ...values, hubs: hubs.map(String) };
  const request = readRequest(FindCoursesRequestSchema, { options, values: given, base });
  const answer = await connection.client(CourseSearchService).findCourses(request);
  if (json) return write(toJson(FindCoursesResponseSchema, answer));
  const without = answer.without.map(({ hub, template, reason }) => [
    lastPart(hub),
    lastPart(template),
    reason,
  ]);
  return [
    answer.courses.length === 0 ? "no course fits" : foundTable(answer.courses),
    ...(without.length === 0 ? [] : [table(["hub", "template", "has none because"], without)]),
  ].join("\n");
}

function foundTable(courses: readonly FoundCourse[]): string {
  const rows = courses.map((course) => [
    lastPart(course.hub),
    lastPart(course.template),
    showDate(course.firstDate),
    showDate(course.lastDate),
    course.sessions.length,
    showTime(course.sessions[0]?.startTime),
    daysOf(course.prolongationDays),
    course.urgentOnly ? "yes" : "",
  ]);
  const head = ["hub", "template", "from", "to", "sessions", "first", "longer by", "urgent only"];
  return table(head, rows);
}

function write(document: JsonValue): string {
  return JSON.stringify(document, null, 2);
}
