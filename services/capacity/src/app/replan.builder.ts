import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import { aCommand, sweep, type TestHub } from "../capacity.builder.ts";
import type { CourseReplan, StoredReplan } from "../domain/hub-replan.ts";
import { readReplan } from "../storage/replan-store.ts";
import type { Deps } from "./capacity-app.ts";
import { disruptHub } from "./disrupt-hub.ts";
import { approveReplan } from "./replan-commands.ts";

/** Reports resources out from one instant to another; answers the name of the proposal. */
export async function reportOutage(
  deps: Deps,
  { hub, resources }: { readonly hub: TestHub; readonly resources: readonly string[] },
  [start, end]: readonly [start: string, end: string],
): Promise<string> {
  const [startAt, endAt] = [Temporal.Instant.from(start), Temporal.Instant.from(end)];
  const what = { kind: "OUTAGE", reason: "flood", resources, startAt, endAt } as const;
  const command = { ...aCommand(hub.caller, {}, nameOf), etag: "" };
  return new TextDecoder().decode(await disruptHub(deps, { hub: hub.name, ...what }, command));
}

/** Has a physicist and a clinician approve a proposal, and its courses moved. */
export async function approveTwice(deps: Deps, hub: TestHub, name: string): Promise<void> {
  for (const role of ["physicist", "clinician"]) {
    const command = { ...aCommand(hub.caller, {}, nameOf), actor: { reference: role, role } };
    await approveReplan(deps, { ...command, name, etag: "" });
  }
  await sweep(deps);
}

/** What a proposal says of its courses. */
export async function movesOf(db: Database, name: string): Promise<readonly CourseReplan[]> {
  return must(await readReplan(db, name), "it was proposed").replan.moves;
}

function nameOf({ name }: StoredReplan): Uint8Array {
  return new TextEncoder().encode(name);
}
