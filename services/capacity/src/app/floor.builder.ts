import type { Database } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { aCommand, holdOwn, refusalOf, type TestHub } from "../capacity.builder.ts";
import { aPlan } from "../domain/hub.builder.ts";
import type { SessionRecord } from "../domain/session-record.ts";
import { readCourse } from "../storage/course-store.ts";
import type { Deps } from "./capacity-app.ts";
import { bookCourse, type CourseCommand, recordAdmission } from "./course-commands.ts";

/** A command of the hub on a course. */
export function on(hub: TestHub, id: Uuid, etag = ""): CourseCommand {
  return { ...aCommand(hub.caller), id, etag };
}

/** An hour at that time, all else as planned. */
export function anHour(number: number, start: string): SessionRecord {
  const startAt = Temporal.Instant.from(start);
  const endAt = startAt.add({ minutes: 60 });
  return { number, startAt, endAt, site: undefined, underAnaesthesia: undefined };
}

/** A booked course of the hub's own patient. */
export async function aBooked(
  deps: Deps,
  hub: TestHub,
  [template, plan]: readonly [template: string, plan?: Parameters<typeof aPlan>[1]],
): Promise<Uuid> {
  const id = await holdOwn(deps, hub, { ...aPlan("", plan), template: hub.template(template) });
  await bookCourse(deps, on(hub, id));
  return id;
}

/** The same, admitted on the first day on which it may start. */
export async function anAdmitted(
  deps: Deps,
  hub: TestHub,
  booking: readonly [template: string, plan?: Parameters<typeof aPlan>[1]],
): Promise<Uuid> {
  const id = await aBooked(deps, hub, booking);
  const admissionDate = booking[1]?.readyDate ?? aPlan("").readyDate;
  await recordAdmission(deps, { ...on(hub, id), admissionDate });
  return id;
}

/** The reason of a refusal that has left the course as it was; undefined where it was not refused. */
export async function refusedUnchanged(
  db: Database,
  id: Uuid,
  work: () => Promise<unknown>,
): Promise<string | undefined> {
  const before = JSON.stringify(await readCourse(db, id));
  const refusal = await refusalOf(work());
  const after = JSON.stringify(await readCourse(db, id));
  if (after !== before) throw new Error("the refusal changed the course");
  return refusal?.reason;
}
