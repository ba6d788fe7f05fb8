import { extendHold as decideExtension } from "../domain/hold-limit.ts";
import type { Deps } from "./capacity-app.ts";
import { type CourseCommand, runCourseCommand } from "./course-commands.ts";

/** Keeps a hold of the hub's own patient longer, within the limits. */
export function extendHold(
  deps: Deps,
  command: CourseCommand & { readonly workingDays: number },
): Promise<Uint8Array> {
  return runCourseCommand(deps, command, {
    name: "course-extend-hold",
    decide: (course, { now }) => decideExtension(course, command.workingDays, now),
  });
}
