import type { MessageShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  CourseOutcome,
  type HeldSession,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Course } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { ResourceKind } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { DateSchema } from "@carehub/contracts/gen/google/type/date_pb.ts";
import type { Agenda } from "./agenda.ts";
import { command, type Partner } from "./partner.ts";

type ProtoDate = MessageShape<typeof DateSchema>;

/** Kazakhstan is five hours ahead of UTC since 1 March 2024; a hub's day begins there. */
const hubZone = "Asia/Almaty";
const dischargeHour = 18;
const admissionHour = 7;

/**
 * Plans the treatment of a booked course as it was booked: admission on the first day, each session
 * when it ends, discharge on the last day with the stays as planned.
 */
export async function planTreatment(hub: Partner, name: string, agenda: Agenda): Promise<void> {
  const { course } = await hub.courses.getCourse({ name });
  const first = course?.firstDate;
  const last = course?.lastDate;
  if (course === undefined || first === undefined || last === undefined) {
    throw new Error(`${name} has no dates`);
  }
  agenda.add({
    at: hourOf(first, admissionHour),
    act: async () => {
      const admission = { name, admissionDate: first, ...command("ward-nurse") };
      await hub.courses.recordAdmission(admission);
    },
  });
  const rooms = await readRooms(hub, course.hub);
  for (const session of course.sessions) {
    const end = timestampMs(required(session.endTime, "an end"));
    agenda.add({
      at: Temporal.Instant.fromEpochMilliseconds(end),
      act: () => recordSession(hub, { name, session, rooms }),
    });
  }
  agenda.add({ at: hourOf(last, dischargeHour), act: () => discharge(hub, course, last) });
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
    startTime: required((room ?? session).startTime, "a start"),
    endTime: required((room ?? session).endTime, "an end"),
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

async function discharge(hub: Partner, course: Course, dischargeDate: ProtoDate): Promise<void> {
  const stays = course.stays.map((stay) => {
    const firstDate = required(stay.firstDate, "a first day");
    const days = plain(firstDate).until(plain(required(stay.lastDate, "a last day"))).days + 1;
    return { stay: stay.stay, firstDate, days };
  });
  await hub.courses.dischargePatient({
    name: course.name,
    dischargeDate,
    outcome: CourseOutcome.COMPLETED,
    stays,
    ...command("ward-doctor"),
  });
}

function hourOf(date: ProtoDate, hour: number): Temporal.Instant {
  const plainTime = Temporal.PlainTime.from({ hour });
  return plain(date).toZonedDateTime({ timeZone: hubZone, plainTime }).toInstant();
}

function plain({ year, month, day }: ProtoDate): Temporal.PlainDate {
  return Temporal.PlainDate.from({ year, month, day });
}

function required<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the course has no ${what}`);
  return value;
}
