import type { JsonValue, MessageShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  CourseOutcome,
  type HeldSession,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Course } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { ResourceKind } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { DateSchema } from "@carehub/contracts/gen/google/type/date_pb.ts";
import type { Cue } from "./act.ts";
import { command, type Partner } from "./partner.ts";

type ProtoDate = MessageShape<typeof DateSchema>;

/** Kazakhstan is five hours ahead of UTC since 1 March 2024; a hub's day begins there. */
const hubZone = "Asia/Almaty";
/** A hub records its day in the evening. */
const recordingHour = 20;

/**
 * Plans the records of a booked course as it was booked, in the evening of each day: the admission on the first, each
 * session on its own, the discharge on the last with the stays as planned. `untilSession` leaves out what is later.
 */
export async function planTreatment(hub: Partner, cue: Cue, fields: JsonValue): Promise<void> {
  const { untilSession } = readFields(fields);
  const course = await readCourse(hub, cue);
  const { name } = course;
  const first = required(course.firstDate, "first day");
  const last = required(course.lastDate, "last day");
  const plan = (day: Temporal.PlainDate, act: () => Promise<unknown>) =>
    cue.later(eveningOf(day), act);
  const admission = { name, admissionDate: first, ...command("ward-nurse") };
  plan(plain(first), () => hub.courses.recordAdmission(admission));
  const rooms = await readRooms(hub, course.hub);
  for (const session of course.sessions.filter(({ number }) => number <= untilSession)) {
    plan(dayOf(session), () => recordSession(hub, { name, session, rooms }));
  }
  if (course.sessions.some(({ number }) => number > untilSession)) return;
  plan(plain(last), () => discharge(hub, course, { last, outcome: CourseOutcome.COMPLETED }));
}

/** Ends a treatment early, as its case asks: with what was recorded so far and the planned stays until today. */
export async function confirmStop(hub: Partner, cue: Cue): Promise<void> {
  const course = await readCourse(hub, cue);
  const { year, month, day } = cue.at.toZonedDateTimeISO(hubZone);
  const last = { year, month, day } as ProtoDate;
  await discharge(hub, course, { last, outcome: CourseOutcome.STOPPED });
}

/** How many sessions are treated: all of them, where the story does not say. */
function readFields(fields: JsonValue): { readonly untilSession: number } {
  const { untilSession = Number.POSITIVE_INFINITY } = fields as { untilSession?: number };
  return { untilSession };
}

async function readCourse(hub: Partner, { event }: Cue): Promise<Course> {
  const name = event.referral.replace("referrals/", "courses/");
  const { course } = await hub.courses.getCourse({ name });
  return required(course, "answer");
}

type Taken = {
  readonly name: string;
  readonly session: HeldSession;
  readonly rooms: ReadonlySet<string>;
};

/** What is recorded is the time in the room or theatre: preparation and recovery lie around it. */
async function recordSession(hub: Partner, { name, session, rooms }: Taken): Promise<void> {
  const room = session.resources.find(({ resource }) => rooms.has(resource));
  await hub.courses.recordSession({
    name,
    number: session.number,
    startTime: required((room ?? session).startTime, "start"),
    endTime: required((room ?? session).endTime, "end"),
    ...command("radiographer"),
  });
}

/** The resources in which a session takes place, by their names in held sessions. */
async function readRooms(partner: Partner, name: string): Promise<ReadonlySet<string>> {
  const { hub } = await partner.hubs.getHub({ name });
  const rooms = (hub?.resources ?? []).filter(({ kind }) => roomKinds.has(kind));
  return new Set(rooms.map(({ id }) => `${name}/resources/${id}`));
}

const roomKinds: ReadonlySet<ResourceKind> = new Set([ResourceKind.ROOM, ResourceKind.THEATRE]);

type End = { readonly last: ProtoDate; readonly outcome: CourseOutcome };

async function discharge(hub: Partner, course: Course, { last, outcome }: End): Promise<void> {
  const stays = course.stays.flatMap((stay) => {
    const firstDate = required(stay.firstDate, "first day of a stay");
    const planned = plain(required(stay.lastDate, "last day of a stay"));
    const lastDay = earlier(planned, plain(last));
    const days = plain(firstDate).until(lastDay).days + 1;
    return days > 0 ? [{ stay: stay.stay, firstDate, days }] : [];
  });
  const { name } = course;
  const record = { name, dischargeDate: last, outcome, stays, ...command("ward-doctor") };
  await hub.courses.dischargePatient(record);
}

function dayOf({ startTime }: HeldSession): Temporal.PlainDate {
  const startAt = Temporal.Instant.fromEpochMilliseconds(
    timestampMs(required(startTime, "start of a session")),
  );
  return startAt.toZonedDateTimeISO(hubZone).toPlainDate();
}

function eveningOf(day: Temporal.PlainDate): Temporal.Instant {
  const plainTime = Temporal.PlainTime.from({ hour: recordingHour });
  return day.toZonedDateTime({ timeZone: hubZone, plainTime }).toInstant();
}

function earlier(one: Temporal.PlainDate, other: Temporal.PlainDate): Temporal.PlainDate {
  return Temporal.PlainDate.compare(one, other) < 0 ? one : other;
}

function plain({ year, month, day }: ProtoDate): Temporal.PlainDate {
  return Temporal.PlainDate.from({ year, month, day });
}

function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the course has no ${what}`);
  return value;
}
