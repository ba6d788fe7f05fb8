import { responseOf } from "@carehub/database/change";
import { must } from "@carehub/rules/fault";
import type { StoredCourse } from "../domain/course.ts";
import {
  moveCourse as decideMove,
  type Moved,
  type MoveWindow,
  requireMovable,
  type SessionChange,
} from "../domain/course-move.ts";
import { replanRest, replanWhole } from "../domain/course-move-plan.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Command, Deps } from "./capacity-app.ts";
import { changeCourse } from "./change-course.ts";
import type { CourseCommand } from "./course-commands.ts";
import { replanUnderLocks, untilTaken } from "./move-plan.ts";
import { checkEtag, readVisibleCourse } from "./visibility.ts";

/** A moved course, and what is different. */
export type MovedView = {
  readonly stored: StoredCourse;
  readonly changes: readonly SessionChange[];
};

/** A hub's wish that a course has other times. */
export type MoveCommand = Omit<CourseCommand, "respond"> &
  Pick<Command<MovedView>, "respond"> & {
    readonly reason: string;
    readonly window: MoveWindow;
    readonly dryRun: boolean;
  };

/** Gives a course other times, or none and says what is in the way; those who wait get what became free. */
export function moveCourse(deps: Deps, command: MoveCommand): Promise<Uint8Array> {
  return deps.holdTurns(() => moveInTurn(deps, command));
}

async function moveInTurn(deps: Deps, command: MoveCommand): Promise<Uint8Array> {
  const { id, caller, source, actor, respond, etag, reason, window, dryRun } = command;
  const { course: known } = await readVisibleCourse(deps.db, id, caller);
  const once = async () => {
    let moved: Moved | undefined;
    const changed = await changeCourse(deps, {
      name: "course-move",
      ...{ id, source, actor },
      creates: false,
      prepare: async (tx, before, { now, revision }) => {
        checkEtag(etag, revision);
        requireMovable(before, window);
        const replan = before.state === "IN_TREATMENT" ? replanRest : replanWhole;
        moved = await replanUnderLocks(deps, tx, {
          ...{ before, now, dryRun },
          plan: (hub) => replan(before, hub, { window, now }),
        });
      },
      decide: (course) => decideMove(course, reason, planned(moved)),
      write: async (tx, { before }) => {
        if (!dryRun) await markWaitingList(tx, before.hub);
        return [];
      },
      respond: (stored) => {
        const response = respond({ stored, changes: planned(moved).changes });
        if (dryRun) throw new DryRunError(response);
        return response;
      },
    });
    return responseOf(changed);
  };
  try {
    return await untilTaken(deps, known.hub, once);
  } catch (error) {
    if (error instanceof DryRunError) return error.response;
    throw error;
  }
}

function planned(moved: Moved | undefined): Moved {
  return must(moved, "a course is planned before it is moved");
}

// Ends the transaction of a question with its answer, so that nothing of it stays.
class DryRunError extends Error {
  override readonly name = "DryRunError";
  readonly response: Uint8Array;
  constructor(response: Uint8Array) {
    super("nothing is done in a dry run");
    this.response = response;
  }
}
