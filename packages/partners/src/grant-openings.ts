import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Opening } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import {
  type ExceptionalOpening,
  ExceptionalOpeningSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { CaseEvent } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import { command, type Partner } from "./partner.ts";

/** Publishes the hub's document anew with exactly the openings that a refused course named. */
export async function grantOpenings(hub: Partner, { event }: CaseEvent): Promise<void> {
  if (event.case !== "courseUnavailable") throw new Error(`no openings in ${event.case}`);
  const name = hub.identity.replace("hub/", "hubs/");
  const { hub: document } = await hub.hubs.getHub({ name });
  if (document === undefined) throw new Error(`${name} has no document`);
  const granted = event.value.openings.map((opening) => toExceptional(opening, document.zone));
  const { $typeName: _, ...published } = document;
  await hub.hubs.publishHub({
    hub: { ...published, exceptionalOpenings: [...document.exceptionalOpenings, ...granted] },
    etag: document.etag,
    ...command("capacity-planner"),
  });
}

function toExceptional({ resource, ...opening }: Opening, zone: string): ExceptionalOpening {
  const [, id] = resource.split("/resources/");
  if (id === undefined) throw new Error(`${resource} cannot be opened for a time`);
  const start = zoned(opening.startTime, zone);
  const end = zoned(opening.endTime, zone);
  const { year, month, day } = start;
  const isMidnight = end.hour + end.minute === 0;
  const init: MessageInitShape<typeof ExceptionalOpeningSchema> = {
    resources: [id],
    date: { year, month, day },
    start: timeOfDay(start),
    end: isMidnight ? "24:00" : timeOfDay(end),
  };
  return create(ExceptionalOpeningSchema, init);
}

function zoned(time: Opening["startTime"], zone: string): Temporal.ZonedDateTime {
  if (time === undefined) throw new Error("an opening has no time");
  return Temporal.Instant.fromEpochMilliseconds(timestampMs(time)).toZonedDateTimeISO(zone);
}

function timeOfDay(time: Temporal.ZonedDateTime): string {
  return time.toPlainTime().toString({ smallestUnit: "minute" });
}
