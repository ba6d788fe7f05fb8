import type { Due } from "@carehub/database/source";
import { waitingListKind } from "../storage/waiting-store.ts";
import { applyReplan, replanKind } from "./apply-replan.ts";
import type { Deps } from "./capacity-app.ts";
import { raiseTaken } from "./take-lapsed.ts";
import { offerWaiting } from "./waiting-list.ts";

/** Does what a due row of this service asks for; repeating it changes nothing. */
export function raiseDue(deps: Deps, due: Due): Promise<void> {
  if (due.kind === waitingListKind) return offerWaiting(deps, due.aggregate);
  return due.kind === replanKind ? applyReplan(deps, due) : raiseTaken(deps, due);
}
