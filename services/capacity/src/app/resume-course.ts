import { responseOf } from "@carehub/database/change";
import { must } from "@carehub/rules/fault";
import { invalidField } from "@carehub/rules/ids";
import type { Moved, MoveWindow } from "../domain/course-move.ts";
import { type Replan, replanRest } from "../domain/course-move-plan.ts";
import {
  resumeCourse as decideResumption,
  nextSessionDate,
  requireInterrupted,
} from "../domain/interruption.ts";
import type { Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import type { CourseCommand } from "./course-commands.ts";
import { replanUnderLocks, untilTaken } from "./move-plan.ts";
import { checkEtag, readVisibleCourse } from "./visibility.ts";

/** A hub's wish to go on with an interrupted treatment. */
export type ResumeCommand = CourseCommand & {
  readonly window: MoveWindow;
  /** Whether it may last longer than its template allows; who acts answers for it. */
  readonly acceptProlongation: boolean;
};

/** Plans the rest of an interrupted treatment and books it at once, or says what is in the way. */
export function resumeCourse(deps: Deps, command: ResumeCommand): Promise<Uint8Array> {
  return deps.holdTurns(() => resumeInTurn(deps, command));
}

async function resumeInTurn(deps: Deps, command: ResumeCommand): Promise<Uint8Array> {
  const { id, caller, source, actor, respond, etag, window, acceptProlongation } = command;
  const { course: known } = await readVisibleCourse(deps.db, id, caller);
  // Who may not know of the course learns nothing of how its request was written.
  if (Temporal.PlainDate.compare(window.notBeforeDate, window.notAfterDate) > 0) {
    throw invalidField("due_date", "lies before the ready date");
  }
  const hub = must(await deps.hubs.load(deps.db, known.hub), "a course's hub is published");
  return untilTaken(deps, known.hub, async () => {
    let planned: Moved | undefined;
    const changed = await changeCourse(deps, {
      name: "course-resume",
      ...{ id, source, actor, respond },
      creates: false,
      prepare: async (tx, before, { now, revision }) => {
        checkEtag(etag, revision);
        requireInterrupted(before);
        planned = await replanUnderLocks(deps, tx, {
          ...{ before, now, dryRun: false },
          plan: (version) => {
            const replan = replanRest(before, version, { window, now });
            return acceptProlongation ? unbounded(replan) : replan;
          },
        });
      },
      decide: (course) => {
        const moved = must(planned, "a course is planned before it is resumed");
        return decideResumption(course, moved, nextSessionDate(course, moved, hub.time));
      },
    });
    return responseOf(changed);
  });
}

function unbounded({ demand, ...replan }: Replan): Replan {
  const { prolongationDaysMax: _, ...rules } = demand.rules;
  return { ...replan, demand: { ...demand, rules } };
}
