import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import type { HeldStay } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { RecordedSession_State } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { MoneySchema } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import type { Connection } from "./connection.ts";
import { showDate } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/** Answers the fields to add where the caller left them out, as ProtoJSON. */
export type Prefill = (
  connection: Connection,
  uuid: string,
  given: Readonly<JsonObject>,
) => Promise<JsonObject>;

/** A payer that names no cap guarantees just what was estimated. */
export const capOf: Prefill = async (connection, uuid, given) => {
  if (given.cap !== undefined) return {};
  const { account } = await connection
    .client(AccountService)
    .getAccount({ name: `accounts/${uuid}` });
  const total = account?.estimate?.total;
  return total === undefined ? {} : { cap: toJson(MoneySchema, total) };
};

/** The name of the case's invoice. */
export const invoiceOf: Prefill = async (connection, uuid) => {
  const { account } = await connection
    .client(AccountService)
    .getAccount({ name: `accounts/${uuid}` });
  if (account?.invoice === undefined) throw new UsageError("the case has no invoice yet");
  return { name: account.invoice.name };
};

/** The first session that was not recorded, with the times that it was planned for. */
export const plannedSession: Prefill = async (connection, uuid, given) => {
  const { course } = await connection.client(CourseService).getCourse({ name: `courses/${uuid}` });
  const { ENTERED_IN_ERROR } = RecordedSession_State;
  const standing = course?.recordedSessions.filter(({ state }) => state !== ENTERED_IN_ERROR);
  const recorded = new Set(standing?.map(({ number }) => number));
  const wanted = given.number === undefined ? undefined : Number(given.number);
  const next = course?.sessions.find(({ number }) =>
    wanted === undefined ? !recorded.has(number) : number === wanted,
  );
  if (next === undefined) {
    if (wanted !== undefined) return {};
    throw new UsageError("every planned session is recorded: give --number and the times");
  }
  const { number, startTime, endTime } = next;
  return {
    number,
    ...(startTime === undefined ? {} : { startTime: toJson(TimestampSchema, startTime) }),
    ...(endTime === undefined ? {} : { endTime: toJson(TimestampSchema, endTime) }),
  };
};

/** The stays as planned, where the caller tells none. */
export const plannedStays: Prefill = async (connection, uuid, given) => {
  if (given.stays !== undefined) return {};
  const { course } = await connection.client(CourseService).getCourse({ name: `courses/${uuid}` });
  return { stays: (course?.stays ?? []).map(actualStay) };
};

function actualStay({ stay, firstDate, lastDate }: HeldStay): JsonObject {
  const [first, last] = [firstDate, lastDate].map((date) =>
    Temporal.PlainDate.from(showDate(date)),
  ) as [Temporal.PlainDate, Temporal.PlainDate];
  const { year, month, day } = first;
  return { stay, firstDate: { year, month, day }, days: first.until(last).days + 1 };
}
