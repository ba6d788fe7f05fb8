import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { type Bucket, beamBucketMinutes } from "../domain/availability.ts";
import type { Course } from "../domain/course.ts";
import type { TimedHub } from "../domain/demand.ts";
import type { HeldSession } from "../domain/hold.ts";
import { instantOfMinute, minuteOfInstant } from "../domain/hub-time.ts";
import { poolName } from "../domain/names.ts";
import { patternOf, templateOf } from "../domain/session-make-up.ts";
import {
  correctSession,
  type MissedAt,
  type MissedSession,
  recordMissed,
} from "../domain/session-record.ts";
import type { Today } from "../domain/treatment.ts";
import { keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { giveBackSession, keepMissed } from "../storage/session-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { type CourseCommand, runCourseCommand } from "./course-commands.ts";
import { namesOf } from "./release-capacity.ts";

/** Records that a planned session did not take place; what of its time is not over is given back. */
export function recordMissedSession(
  deps: Deps,
  command: CourseCommand & { readonly missed: Pick<MissedSession, "number" | "reason"> },
): Promise<Uint8Array> {
  const { missed } = command;
  return runCourseCommand(deps, command, {
    name: "course-record-missed",
    decide: (course, today, hub) => recordMissed(course, missed, missedAt(course, hub, today)),
    write: async (tx, { before, now }) => {
      const hold = must(before.hold, "a treated course has a hold");
      const session = must(
        hold.sessions.find(({ number }) => number === missed.number),
        "a missed session was planned",
      );
      const { id: course, hub } = before;
      await keepMissed(
        tx,
        { course, hub },
        { number: session.number, startAt: instantOfMinute(session.start) },
      );
      const from = minuteOfInstant(now);
      if (session.end <= from) return [];
      await lockAll(tx, namesOf({ sessions: [session], pools: hold.pools }));
      const freed = await giveBackSession(tx, course, {
        number: session.number,
        from,
        beam: {
          pools: await beamsOf(deps, tx, hub),
          buckets: ownBuckets(hold.sessions, session, from),
        },
      });
      await keepFreed(tx, hub, freed);
      await markWaitingList(tx, hub);
      return [];
    },
  });
}

/** Marks what was recorded of a session as entered in error. */
export function correctRecord(
  deps: Deps,
  command: CourseCommand & { readonly number: number; readonly reason: string },
): Promise<Uint8Array> {
  const { number, reason } = command;
  return runCourseCommand(deps, command, {
    name: "course-correct-session",
    decide: (course) => correctSession(course, { number, reason }),
  });
}

function missedAt({ hold, plan }: Course, { document, time }: TimedHub, today: Today): MissedAt {
  const sites = new Set(hold?.sessions.map(({ site }) => site));
  return {
    ...today,
    dayOf: time.dayOf,
    pattern: patternOf(document, { plan, sites }),
    prolongationDaysMax: templateOf(document, plan)?.rules.prolongationDaysMax,
  };
}

async function beamsOf(deps: Deps, tx: Tx, hubName: string): Promise<string[]> {
  const hub = must(await deps.hubs.load(tx, hubName), "a course's hub is published");
  const { name, pools } = hub.document;
  return pools.filter(({ kind }) => kind === "BEAM").map(({ id }) => poolName(name, id));
}

// The buckets of beam that are not over and that no other session of the course shares.
function ownBuckets(sessions: readonly HeldSession[], missed: HeldSession, from: number): Bucket[] {
  const others = new Set(
    sessions.filter(({ number }) => number !== missed.number).flatMap(bucketsOf),
  );
  const first = Math.ceil(from / beamBucketMinutes);
  return bucketsOf(missed).filter((bucket) => bucket >= first && !others.has(bucket));
}

function bucketsOf({ start, end }: HeldSession): Bucket[] {
  const first = Math.floor(start / beamBucketMinutes);
  const last = Math.ceil(end / beamBucketMinutes);
  return Array.from({ length: last - first }, (_, index) => first + index);
}
