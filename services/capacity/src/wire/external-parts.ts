import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  ExternalBooking_Status,
  type ExternalBookingSchema,
  ExternalConflictKind,
  type ExternalConflictSchema,
  type ExternalBooking as WireBooking,
  type ExternalStay as WireStay,
  type ExternalTime as WireTime,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_pb.ts";
import {
  ExternalRefusal_Reason,
  type ExternalRefusalSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/external_booking_service_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { DomainError } from "@carehub/rules/domain-error";
import type {
  EntryPlace,
  EntryRefusal,
  ExternalEntry,
  ExternalPlace,
  ExternalStay,
  RefusalReason,
} from "../domain/external-booking.ts";
import type { ConflictKind, ExternalConflict } from "../domain/external-conflict.ts";
import { dateOfDay, dayOfDate, minuteOfInstant } from "../domain/hub-time.ts";
import { readDate, readInstant, toWireDate, toWireMinute } from "./basics.ts";

/** Reads an entry; a day that does not exist is left for the domain to refuse, with what it names. */
export function readEntry(entry: WireBooking): ExternalEntry {
  const { source, sourceId, place } = entry;
  const status = entry.status === ExternalBooking_Status.BOOKED ? "BOOKED" : "CANCELLED";
  switch (place.case) {
    case "resourceTime":
      return { source, sourceId, status, place: readTime(place.value) };
    case "stay":
      return { source, sourceId, status, ...readStay(place.value) };
    case undefined:
      return { source, sourceId, status, place: undefined };
    default:
      return place satisfies never;
  }
}

/** What is kept of an imported booking, with what it meets; its place by the hub's own ids. */
export function toWireExternal(booking: {
  readonly source: string;
  readonly sourceId: string;
  readonly status: "BOOKED" | "CANCELLED";
  readonly place: ExternalPlace | undefined;
  readonly importedAt: Temporal.Instant;
  readonly conflicts: readonly ExternalConflict[];
}): MessageInitShape<typeof ExternalBookingSchema> {
  const { source, sourceId, place, importedAt, conflicts } = booking;
  return {
    source,
    sourceId,
    status: ExternalBooking_Status[booking.status],
    place: place === undefined ? { case: undefined } : toWirePlace(place),
    importTime: toTimestamp(importedAt),
    conflicts: conflicts.map(toWireConflict),
  };
}

/** A conflict as the API and the hub's topic tell it. */
export function toWireConflict(
  conflict: ExternalConflict,
): MessageInitShape<typeof ExternalConflictSchema> {
  const { source, sourceId, kind, at, startAt, endAt, course = "" } = conflict;
  return {
    source,
    sourceId,
    kind: conflictKinds[kind],
    resource: at,
    startTime: toTimestamp(startAt),
    endTime: toTimestamp(endAt),
    course,
  };
}

/** An entry that was not taken in. */
export function toWireRefusal({
  reason,
  ...refusal
}: EntryRefusal): MessageInitShape<typeof ExternalRefusalSchema> {
  return { ...refusal, reason: refusalReasons[reason] };
}

const conflictKinds: Readonly<Record<ConflictKind, ExternalConflictKind>> = {
  COURSE: ExternalConflictKind.COURSE,
  CLOSURE: ExternalConflictKind.CLOSURE,
  CAPACITY: ExternalConflictKind.CAPACITY,
};

const refusalReasons: Readonly<Record<RefusalReason, ExternalRefusal_Reason>> = {
  PLACE_UNKNOWN: ExternalRefusal_Reason.PLACE_UNKNOWN,
  PLACE_MISSING: ExternalRefusal_Reason.PLACE_MISSING,
  DATE_INVALID: ExternalRefusal_Reason.DATE_INVALID,
  TIME_REVERSED: ExternalRefusal_Reason.TIME_REVERSED,
  TOO_LONG: ExternalRefusal_Reason.TOO_LONG,
  TOO_FAR_AHEAD: ExternalRefusal_Reason.TOO_FAR_AHEAD,
  REPEATED: ExternalRefusal_Reason.REPEATED,
};

function readTime({ resource, startTime, endTime, beam }: WireTime): EntryPlace {
  const start = minuteBefore(readInstant(startTime, "start_time"));
  const end = minuteOfInstant(readInstant(endTime, "end_time"));
  const time = { kind: "TIME", resource, start, end } as const;
  if (beam === undefined) return time;
  const from = start + beam.offsetMinutes;
  return { ...time, beam: { start: from, end: from + beam.minutes } };
}

function minuteBefore(instant: Temporal.Instant): number {
  return Math.floor(instant.epochMilliseconds / 60_000);
}

function readStay(stay: WireStay): Pick<ExternalEntry, "place" | "badDate"> {
  const first = dateOf(stay.firstDate);
  if (first === undefined) return { place: undefined, badDate: "stay.first_date" };
  const last = dateOf(stay.lastDate);
  if (last === undefined) return { place: undefined, badDate: "stay.last_date" };
  const place: ExternalStay = {
    kind: "STAY",
    pool: stay.pool,
    firstDay: dayOfDate(first),
    lastDay: dayOfDate(last),
    beds: stay.count || 1,
  };
  return { place };
}

function dateOf(date: WireStay["firstDate"]): Temporal.PlainDate | undefined {
  try {
    return readDate(date, "date");
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

type WirePlace = NonNullable<MessageInitShape<typeof ExternalBookingSchema>["place"]>;

function toWirePlace(place: ExternalPlace): WirePlace {
  if (place.kind === "TIME") {
    const { resource, start, end, beam } = place;
    const times = { startTime: toWireMinute(start), endTime: toWireMinute(end) };
    const used = beam && { offsetMinutes: beam.start - start, minutes: beam.end - beam.start };
    return { case: "resourceTime", value: { resource: idOf(resource), ...times, beam: used } };
  }
  const firstDate = toWireDate(dateOfDay(place.firstDay));
  const lastDate = toWireDate(dateOfDay(place.lastDay));
  const pool = idOf(place.pool);
  return { case: "stay", value: { pool, firstDate, lastDate, count: place.beds } };
}

function idOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
