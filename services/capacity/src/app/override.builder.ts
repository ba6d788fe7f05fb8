import { fromBinary } from "@bufbuild/protobuf";
import {
  type HubEvent,
  HubEventSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_events_pb.ts";
import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import { aCommand, type TestHub } from "../capacity.builder.ts";
import type { Opens, StoredOverride, ToPropose } from "../domain/override.ts";
import type { Deps } from "./capacity-app.ts";
import { approveOverride, proposeOverride, withdrawOverride } from "./override-commands.ts";

type Asked = { readonly hub: TestHub; readonly actor?: string };

/** Proposes an override for a course, or for a new patient; answers it. */
export function propose(
  deps: Deps,
  { hub, actor = "e-1" }: Asked,
  wish: Partial<ToPropose> & { readonly opens: Opens },
): Promise<StoredOverride> {
  const expiresAt = Temporal.Instant.from("2026-01-31T00:00:00Z");
  const rest = { course: undefined, reason: "CLINICAL_URGENCY", expiresAt } as const;
  return answered((command) =>
    proposeOverride(deps, { ...rest, ...wish, hub: hub.name }, command({ hub, actor })),
  );
}

/** Approves it as somebody else. */
export function approve(deps: Deps, { hub, actor = "e-2" }: Asked, name: string) {
  return answered((command) =>
    approveOverride(deps, { ...command({ hub, actor }), name, etag: "" }),
  );
}

/** Withdraws it. */
export function withdraw(deps: Deps, { hub, actor = "e-2" }: Asked, name: string) {
  return answered((command) =>
    withdrawOverride(deps, { ...command({ hub, actor }), name, etag: "" }),
  );
}

/** Proposes and approves; answers its name. */
export async function anOverride(
  deps: Deps,
  hub: TestHub,
  wish: { readonly opens: Opens; readonly course?: Uuid },
): Promise<string> {
  const { name } = await propose(deps, { hub }, wish);
  await approve(deps, { hub }, name);
  return name;
}

/** The events of a hub that are not versions. */
export async function hubEventsOf(db: Database, hub: TestHub): Promise<HubEvent["event"][]> {
  const rows = await db.run<{ payload: Buffer }>(
    "test-hub-events",
    "select payload from log.event where aggregate = $1 order by revision",
    [hub.name],
  );
  return rows
    .map(({ payload }) => fromBinary(HubEventSchema, payload).event)
    .filter((event) => event.case !== "hubPublished");
}

type Prepared = (
  asked: Asked & { readonly actor: string },
) => ReturnType<typeof aCommand<StoredOverride>>;

async function answered(run: (command: Prepared) => Promise<unknown>): Promise<StoredOverride> {
  let view: StoredOverride | undefined;
  await run(({ hub, actor }) => ({
    ...aCommand<StoredOverride>(hub.caller, {}, (stored) => {
      view = stored;
      return new Uint8Array();
    }),
    actor: { reference: actor, role: "planner" },
  }));
  return must(view, "a command that succeeds answers");
}
