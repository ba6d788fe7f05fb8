import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Course } from "../domain/course.ts";
import { dayOfDate, minuteOfInstant } from "../domain/hub-time.ts";
import { interruptCourse as decideInterruption, type ToInterrupt } from "../domain/interruption.ts";
import { keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { giveBack } from "../storage/reservation-store.ts";
import { dropRisks } from "../storage/stay-risk-store.ts";
import { readKeptBeds } from "../storage/stay-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { type CourseCommand, runCourseCommand } from "./course-commands.ts";
import { applyBeds, namesOf } from "./release-capacity.ts";

/** Interrupts a treatment: what of its sessions did not take place is free for others. */
export function interruptCourse(
  deps: Deps,
  command: CourseCommand & { readonly interruption: ToInterrupt },
): Promise<Uint8Array> {
  const { interruption } = command;
  let lastDate: Temporal.PlainDate | undefined;
  return runCourseCommand(deps, command, {
    name: "course-interrupt",
    decide: (course, { today }, hub) => {
      lastDate = interruption.releaseStays ? today : undefined;
      return decideInterruption(course, interruption, { today, time: hub.time });
    },
    write: async (tx, { before, after, now }) => {
      await giveBackRest(deps, tx, { before, after, now, lastDate });
      await markWaitingList(tx, before.hub);
      return [];
    },
  });
}

type Interrupted = {
  readonly before: Course;
  readonly after: Course;
  readonly now: Temporal.Instant;
  /** The last day on which beds are kept; undefined where all are. */
  readonly lastDate: Temporal.PlainDate | undefined;
};

async function giveBackRest(
  deps: Deps,
  tx: Tx,
  { before, after, now, lastDate }: Interrupted,
): Promise<void> {
  const was = must(before.hold, "a treated course has a hold");
  const is = must(after.hold, "a treated course has a hold");
  await lockAll(tx, namesOf(was));
  const bedPools = was.stays.map(({ pool }) => pool);
  const freed = await giveBack(tx, before.id, {
    recorded: is.sessions.map(({ number }) => number),
    from: minuteOfInstant(now),
    bedPools,
  });
  const beds = lastDate === undefined ? [] : await readKeptBeds(tx, before.id, bedPools);
  const changes = beds
    .filter(({ bucket }) => lastDate !== undefined && bucket > dayOfDate(lastDate))
    .map((kept) => ({ ...kept, planned: -kept.planned, excess: -kept.excess }));
  const { places } = await applyBeds(deps, tx, { course: before, changes });
  if (lastDate !== undefined) await dropRisks(tx, before.id);
  await keepFreed(tx, before.hub, { ...freed, places: [...freed.places, ...places] });
}
