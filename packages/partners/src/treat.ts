import type { MessageShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  CourseOutcome,
  type HeldSession,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Course } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
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
  for (const session of course.sessions) {
    const end = timestampMs(required(session.endTime, "an end"));
    agenda.add({
      at: Temporal.Instant.fromEpochMilliseconds(end),
      act: () => recordSession(hub, name, session),
    });
  }
  agenda.add({ at: hourOf(last, dischargeHour), act: () => discharge(hub, course, last) });
}

async function recordSession(hub: Partner, name: string, session: HeldSession): Promise<void> {
  const startTime = required(session.startTime, "a start");
  const endTime = required(session.endTime, "an end");
  await hub.courses.recordSession({
    name,
    number: session.number,
    startTime: timestampFromMs(timestampMs(startTime)),
    endTime: timestampFromMs(timestampMs(endTime)),
    ...command("radiographer"),
  });
}

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
