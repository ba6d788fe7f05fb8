import { type Availability, firstOverlap } from "@carehub/capacity/domain/availability";
import { type Takes, withoutTakes, withTakes } from "@carehub/capacity/domain/availability-change";
import type { TimedHub } from "@carehub/capacity/domain/demand";
import type { Day } from "@carehub/capacity/domain/hub-time";
import type { ClosedSpan } from "@carehub/capacity/domain/replan-hub";
import { closureSpans } from "@carehub/capacity/domain/stranded";

/** What is taken of a hub while a year goes by. */
export type Ledger = {
  readonly availability: () => Availability;
  readonly take: (takes: Takes) => void;
  readonly giveBack: (takes: Takes) => void;
  readonly close: (closed: readonly ClosedSpan[]) => void;
  /** Forgets what was before that day: nobody plans there any more. */
  readonly forgetBefore: (day: Day) => void;
  /** Counts what was given back; a search that failed fails again while it does not change. */
  readonly freed: () => number;
  /** What was taken although it was not free: always 0. */
  readonly conflicts: () => number;
};

/** A ledger with nothing in it but the hub's own closures. */
export function createLedger({ document, time }: TimedHub): Ledger {
  const prefix = `${document.name}/resources/`;
  const closures = closureSpans(document, time).map(({ resource, start, end }) => {
    return { resource: resource.slice(prefix.length), start, end };
  });
  const places = new Map(document.pools.map(({ id, capacity }) => [id, capacity]));
  let availability: Availability = withTakes(
    { busy: new Map(), used: new Map() },
    { uses: closures, places: [] },
  );
  let freed = 0;
  let conflicts = 0;
  return {
    availability: () => availability,
    take: (takes) => {
      const taken = takes.uses.filter(
        (use) => firstOverlap(availability.busy.get(use.resource) ?? [], use) !== undefined,
      );
      availability = withTakes(availability, takes);
      const full = takes.places.filter(({ pool, bucket }) => {
        return (availability.used.get(pool)?.get(bucket) ?? 0) > (places.get(pool) ?? 0);
      });
      conflicts += taken.length + full.length;
    },
    giveBack: (takes) => {
      if (takes.uses.length === 0) return;
      availability = withoutTakes(availability, takes);
      freed += 1;
    },
    close: (closed) => {
      availability = withTakes(availability, { uses: closed, places: [] });
    },
    forgetBefore: (day) => {
      const from = time.startOf(day);
      const busy = Array.from(availability.busy, ([id, spans]) => {
        return [id, spans.filter(({ end }) => end > from)] as const;
      });
      availability = { ...availability, busy: new Map(busy) };
    },
    freed: () => freed,
    conflicts: () => conflicts,
  };
}
