import { moveClock } from "@carehub/database/clock";
import type { Database } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { aCommand, aMessage, type TestCapacity, type TestHub } from "../capacity.builder.ts";
import { instantOfMinute } from "../domain/hub-time.ts";
import { readCourse } from "../storage/course-store.ts";
import type { Deps } from "./capacity-app.ts";
import { bookCase } from "./case-requests.ts";
import {
  bookCourse,
  type CourseCommand,
  recordAdmission,
  recordDelivered,
} from "./course-commands.ts";
import { interruptCourse } from "./interrupt-course.ts";
import { type MoveCommand, type MovedView, moveCourse } from "./move-course.ts";
import { resumeCourse } from "./resume-course.ts";

/** A day, as a text names it. */
export const day = (text: string) => Temporal.PlainDate.from(text);

/** A command of a hub on one of its courses. */
export function onCourse(hub: TestHub, id: Uuid): CourseCommand {
  return { ...aCommand(hub.caller), id, etag: "" };
}

/** Moves a course of a hub to a window; answers what was told of it. */
export async function move(
  deps: Deps,
  { hub, id }: { readonly hub: TestHub; readonly id: Uuid },
  asked: { readonly from: string; readonly to?: string } & Partial<MoveCommand>,
): Promise<MovedView | undefined> {
  let view: MovedView | undefined;
  const { from, to = from, ...more } = asked;
  const command = aCommand<MovedView>(hub.caller, {}, (moved) => {
    view = moved;
    return new Uint8Array();
  });
  const window = { notBeforeDate: day(from), notAfterDate: day(to) };
  const wish = { id, etag: "", reason: "HUB_REQUEST", window, dryRun: false };
  await moveCourse(deps, { ...command, ...wish, ...more });
  return view;
}

/** Books and admits a hub's own patient and records the first sessions, each as it is planned; the clock is past them. */
export async function treat(
  { deps, db }: Pick<TestCapacity, "deps" | "db">,
  { hub, id }: { readonly hub: TestHub; readonly id: Uuid },
  count: number,
): Promise<void> {
  const known = await readCourse(db, id);
  const { sendingParty, hold } = must(known, "the course is there").course;
  if (sendingParty === undefined) await bookCourse(deps, onCourse(hub, id));
  else await bookCase(deps, { id, round: 1 }, aMessage(id, 2));
  const sessions = must(hold, "it is held").sessions.slice(0, count);
  const last = must(sessions.at(-1), "some are given");
  await moveClock(db, { to: instantOfMinute(last.end) });
  const admissionDate = must(hold, "it is held").firstDate;
  await recordAdmission(deps, { ...onCourse(hub, id), admissionDate });
  for (const { number, start, end } of sessions) {
    const times = { startAt: instantOfMinute(start), endAt: instantOfMinute(end) };
    const session = { number, ...times, site: undefined, underAnaesthesia: undefined };
    await recordDelivered(deps, { ...onCourse(hub, id), session });
  }
}

/** Interrupts the treatment of a hub's patient. */
export function interrupt(
  deps: Deps,
  { hub, id }: { readonly hub: TestHub; readonly id: Uuid },
  { since, releaseStays = false }: { readonly since: string; readonly releaseStays?: boolean },
) {
  const interruption = { reason: "PATIENT_UNWELL", sinceDate: day(since), releaseStays };
  return interruptCourse(deps, { ...onCourse(hub, id), interruption });
}

/** Goes on with it. */
export function resume(
  deps: Deps,
  { hub, id }: { readonly hub: TestHub; readonly id: Uuid },
  asked: { readonly from: string; readonly to: string; readonly acceptProlongation?: boolean },
) {
  const { from, to, acceptProlongation = false } = asked;
  const window = { notBeforeDate: day(from), notAfterDate: day(to) };
  return resumeCourse(deps, { ...onCourse(hub, id), window, acceptProlongation });
}

/** When the sessions of a course are to begin. */
export async function startsOf(db: Database, id: Uuid): Promise<string[]> {
  const sessions = (await readCourse(db, id))?.course.hold?.sessions ?? [];
  return sessions.map(({ start }) => instantOfMinute(start).toString());
}

/** The reason with which work was refused, and what it names. */
export async function refusedWith(
  work: Promise<unknown>,
): Promise<{ reason: string; metadata: Readonly<Record<string, string>> }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DomainError) return { reason: error.reason, metadata: error.metadata };
    throw error;
  }
  throw new Error("nothing was refused");
}
