import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { courseName, type HubName, hubOfCaller } from "../domain/names.ts";
import { grantOpenings } from "../domain/opening-grant.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import type { NamedOpening } from "../domain/unavailable.ts";
import type { Deps } from "./capacity-app.ts";
import { type PublishCommand, publishNext } from "./publish-hub.ts";
import { hubNotFound, readVisibleCourse } from "./visibility.ts";

/** What a hub opens: these windows, or what the last refusal of a course named. */
export type Granted =
  | { readonly kind: "openings"; readonly openings: readonly NamedOpening[] }
  | { readonly kind: "course"; readonly course: Uuid };

/**
 * Publishes the hub's document with the openings in it; who waits is tried on it. Fails as `grantOpenings` and
 * `publishHub` do, with COURSE_NOT_FOUND and with NO_OPENINGS_SUGGESTED.
 */
export async function grantForHub(
  deps: Deps,
  granted: Granted,
  command: PublishCommand & { readonly hub: HubName },
): Promise<Uint8Array> {
  const { hub } = command;
  if (hubOfCaller(command.caller) !== hub) throw hubNotFound(hub);
  const suggested = granted.kind === "course" ? await readSuggested(deps, granted, command) : [];
  return publishNext(
    deps,
    {
      hub,
      documentOf: (before, now) => {
        if (before === undefined) throw hubNotFound(hub);
        const openings = granted.kind === "course" ? suggested : granted.openings;
        if (openings.length === 0) throw notSuggested(granted);
        return grantOpenings(before, openings, now);
      },
    },
    command,
  );
}

// What names no openings is refused in the transaction, after a repeated request has been recognised.
async function readSuggested(
  deps: Deps,
  { course: id }: { readonly course: Uuid },
  { caller }: Pick<PublishCommand, "caller">,
): Promise<readonly NamedOpening[]> {
  const { course } = await readVisibleCourse(deps.db, id, caller);
  return course.unavailable?.openings ?? [];
}

function notSuggested(granted: Granted): DomainError {
  const reason: CapacityReason = "NO_OPENINGS_SUGGESTED";
  return new DomainError(
    reason,
    granted.kind === "course" ? { course: courseName(granted.course) } : {},
  );
}
