import { randomUUID } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type HubEvent,
  HubEventSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_events_pb.ts";
import type { Database } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Deps } from "./app/capacity-app.ts";
import { type Imported, importExternals, type Replaced } from "./app/external-import.ts";
import { listExternalBookings } from "./app/external-queries.ts";
import type { QueryDeps } from "./app/queries.ts";
import { aCommand, type TestHub } from "./capacity.builder.ts";
import type { ExternalEntry } from "./domain/external-booking.ts";
import { dayOfDate } from "./domain/hub-time.ts";

/**
 * Time of a resource in UTC, as `aria` says it, with minutes of beam from its start; an id of its own unless one is given.
 */
export function aTime(
  resource: string,
  [start, end]: readonly [start: string, end: string],
  { beamMinutes, ...parts }: Partial<ExternalEntry> & { readonly beamMinutes?: number } = {},
): ExternalEntry {
  const minute = (text: string) => Temporal.Instant.from(text).epochMilliseconds / 60_000;
  const time = { kind: "TIME", resource, start: minute(start), end: minute(end) } as const;
  const beam =
    beamMinutes === undefined ? {} : { beam: { start: time.start, end: time.start + beamMinutes } };
  const place = { ...time, ...beam };
  return { source: "aria", sourceId: randomUUID(), status: "BOOKED", place, ...parts };
}

/** Beds of a pool. */
export function aStay(
  pool: string,
  { first, days = 1, beds = 1 }: { first: Temporal.PlainDate; days?: number; beds?: number },
  parts: Partial<ExternalEntry> = {},
): ExternalEntry {
  const firstDay = dayOfDate(first);
  const place = { kind: "STAY", pool, firstDay, lastDay: firstDay + days - 1, beds } as const;
  return { source: "beds", sourceId: randomUUID(), status: "BOOKED", place, ...parts };
}

/** The same entry as its system says it once it is cancelled there. */
export function cancelled({ source, sourceId }: ExternalEntry): ExternalEntry {
  return { source, sourceId, status: "CANCELLED", place: undefined };
}

/** Imports entries of a hub; answers what became of them. */
export async function importOf(
  deps: Deps,
  hub: TestHub,
  entries: readonly ExternalEntry[],
  { replaced, requestId = randomUUID() }: { replaced?: Replaced; requestId?: string } = {},
): Promise<Imported> {
  let seen: Imported | undefined;
  const respond = (imported: Imported) => {
    seen = imported;
    return new TextEncoder().encode(JSON.stringify(imported));
  };
  const command = aCommand<Imported>(hub.caller, { requestId }, respond);
  await importExternals(deps, { ...command, hub: hub.name, entries, replaced });
  return must(seen, "the import answered");
}

/** What is imported of a hub on these days. */
export async function externalsOf(
  deps: Deps & QueryDeps,
  hub: TestHub,
  firstDate: Temporal.PlainDate,
  onlyConflicts = false,
) {
  const { items } = await listExternalBookings(deps, hub.caller, {
    ...{ hub: hub.name, firstDate, lastDate: firstDate.add({ days: 60 }), onlyConflicts },
    ...{ size: 200, after: undefined },
  });
  return items;
}

/** Every event told of a hub, in its order. */
export async function hubEventsOf(db: Database, hub: string): Promise<HubEvent[]> {
  const rows = await db.run<{ payload: Buffer }>(
    "test-hub-events",
    "select payload from log.event where aggregate = $1 order by revision",
    [hub],
  );
  return rows.map(({ payload }) => fromBinary(HubEventSchema, payload));
}
