import { toJson } from "@bufbuild/protobuf";
import {
  Course_StateSchema,
  type RecordedSession,
  RecordedSession_State,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import {
  type PlannedSession,
  PlannedSessionSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/session_pb.ts";
import { SessionService } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import type { Date as DateMessage } from "@carehub/contracts/gen/google/type/date_pb.ts";
import { nameOf } from "./describe.ts";
import { lastPart, sessionName } from "./describe-replan.ts";
import { table } from "./output.ts";
import { hubOf, zoneOf } from "./own-hub.ts";
import { pageSize, readPages } from "./pages.ts";
import type { Reading } from "./reads.ts";
import { sessionColumns } from "./sessions-file.ts";
import { showClock, writeLocal } from "./times.ts";
import { UsageError } from "./usage-error.ts";

/** What is planned at the hub on a day, and what was recorded of it; with --csv as a table to record it from. */
export async function listSessions({ connection, target, values, json }: Reading): Promise<string> {
  const hub = await hubOf(connection, values.hub?.at(-1));
  const zone = await zoneOf(connection, hub);
  const service = connection.client(SessionService);
  // The platform's clock counts, which in a sandbox is not this machine's.
  const today = async () => readDay((await service.listSessions({ hub, pageSize: 1 })).date);
  const day = await dayOf(target, today);
  const { year, month, day: dayOfMonth } = day;
  const date = { year, month, day: dayOfMonth };
  const sessions = await readPages(async (pageToken) => {
    const asked = { hub, date, pageSize, pageToken };
    const answer = await service.listSessions(asked);
    return { items: answer.sessions, next: answer.nextPageToken };
  });
  if (json) {
    const all = sessions.map((each) => toJson(PlannedSessionSchema, each));
    return JSON.stringify({ date: day.toString(), zone, sessions: all }, null, 2);
  }
  if (values.csv !== undefined) return sessionsCsv(sessions, zone);
  const title = `${hub}, ${day.toLocaleString("en-GB", { weekday: "long" })} ${day.toString()}, times of ${zone}`;
  return sessions.length === 0
    ? `${title}: nothing is planned`
    : `${title}\n${sessionsTable(sessions, zone)}\n${totalsOf(sessions)}`;
}

/** A day's list, one session a row. */
export function sessionsTable(sessions: readonly PlannedSession[], zone: string): string {
  const rows = sessions.map((session) => [
    `${showClock(session.startTime, zone)}-${showClock(session.endTime, zone)}`,
    lastPart(session.site),
    lastPart(session.course),
    sessionName(session.number),
    session.step === "" ? session.phase : session.step,
    session.underAnaesthesia ? "yes" : "",
    nameOf(Course_StateSchema, session.courseState),
    recordOf(session),
  ]);
  const head = ["time", "where", "case", "session", "what", "anaesthesia", "course", "recorded"];
  return table(head, rows);
}

/** The sessions of which nothing is recorded yet, as a table that record-sessions reads back. */
export function sessionsCsv(sessions: readonly PlannedSession[], zone: string): string {
  const open = sessions.filter((each) => each.number > 0 && standing(each) === undefined);
  const rows = open.map((each) =>
    [
      lastPart(each.course),
      each.number,
      each.phase,
      lastPart(each.site),
      writeLocal(each.startTime, zone),
      writeLocal(each.endTime, zone),
      each.underAnaesthesia ? "yes" : "no",
      "",
      "",
    ].join(","),
  );
  return [sessionColumns.join(","), ...rows].join("\n");
}

function recordOf(session: PlannedSession): string {
  const stands = standing(session);
  const errors = session.records.length - (stands === undefined ? 0 : 1);
  const told = stands === undefined ? "" : resultOf(stands);
  const corrected = errors === 0 ? "" : `corrected ${errors}x`;
  return [told, corrected].filter((part) => part !== "").join(", ");
}

/** What a record says in a word. */
export function resultOf({ state, missedReason }: RecordedSession): string {
  if (state === RecordedSession_State.MISSED) return `missed: ${missedReason}`;
  return state === RecordedSession_State.DELIVERED ? "delivered" : "entered in error";
}

function standing({ records }: PlannedSession): RecordedSession | undefined {
  return records.find(({ state }) => state !== RecordedSession_State.ENTERED_IN_ERROR);
}

function totalsOf(sessions: readonly PlannedSession[]): string {
  const real = sessions.filter(({ number }) => number > 0);
  const records = real.flatMap((each) => standing(each) ?? []);
  const missed = records.filter(({ state }) => state === RecordedSession_State.MISSED).length;
  const steps = sessions.length - real.length;
  return [
    `${real.length} sessions`,
    `${records.length - missed} delivered`,
    `${missed} missed`,
    `${real.length - records.length} not recorded`,
    ...(steps === 0 ? [] : [`${steps} steps of preparation`]),
  ].join(", ");
}

function readDay(date: DateMessage | undefined): Temporal.PlainDate {
  const { year = 0, month = 0, day = 0 } = date ?? {};
  return Temporal.PlainDate.from({ year, month, day });
}

const daysFromToday: Readonly<Record<string, number>> = { yesterday: -1, today: 0, tomorrow: 1 };

/** The day that a word or a date means; `today` is asked only for a word. */
export async function dayOf(
  text: string | undefined,
  today: () => Promise<Temporal.PlainDate>,
): Promise<Temporal.PlainDate> {
  const days = daysFromToday[text ?? "today"];
  if (days !== undefined) return (await today()).add({ days });
  try {
    return Temporal.PlainDate.from(text ?? "");
  } catch (cause) {
    throw new UsageError(`${text}: expected YYYY-MM-DD, today, yesterday or tomorrow`, { cause });
  }
}
