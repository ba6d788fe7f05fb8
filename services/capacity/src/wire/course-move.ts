import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  CourseMovedSchema,
  SessionChangeSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { SessionChange } from "../domain/course-move.ts";
import type { HeldStay, Hold } from "../domain/hold.ts";
import { toWireDate, toWireMinute } from "./basics.ts";
import { toWireItems, toWirePreparation, toWireSession } from "./course-parts.ts";

/** A moved course in the published language: all of it, and what is different. */
export function toWireMove(moved: {
  readonly round: number;
  readonly reason: string;
  readonly hold: Hold;
  readonly changes: readonly SessionChange[];
}): MessageInitShape<typeof CourseMovedSchema> {
  const { round, reason, hold, changes } = moved;
  const { hash, templateVersion, capacityVersion, calendarVersion } = hold.certificate;
  return {
    round,
    reason,
    sessions: hold.sessions.map(toWireSession),
    stays: hold.stays.map(toWireStay),
    preparation: toWirePreparation(hold),
    firstDate: toWireDate(hold.firstDate),
    lastDate: toWireDate(hold.lastDate),
    certificate: { hash, templateVersion, capacityVersion, calendarVersion },
    serviceItems: toWireItems(hold.serviceItems),
    changes: changes.map(toWireChange),
    prolongationDays: hold.prolongationDays ?? 0,
    override: hold.override ?? "",
  };
}

function toWireStay({ stay, pool, firstDate, lastDate }: HeldStay) {
  return { stay, pool, firstDate: toWireDate(firstDate), lastDate: toWireDate(lastDate) };
}

/** How one session changed. */
export function toWireChange({
  number,
  from,
  to,
}: SessionChange): MessageInitShape<typeof SessionChangeSchema> {
  return {
    number,
    ...(from && { fromTime: toWireMinute(from.start), fromSite: from.site }),
    ...(to && { toTime: toWireMinute(to.start), toSite: to.site }),
  };
}
