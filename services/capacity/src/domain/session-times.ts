import type { Availability } from "./availability.ts";
import type { Demand } from "./demand.ts";
import type { Day, Minute } from "./hub-time.ts";
import { type Placement, placeSession, startsOn } from "./session-placement.ts";
import type { Shape } from "./session-shape.ts";

/** A start of a session at a site. */
export type Start = { readonly site: string; readonly day: Day; readonly start: Minute };

/** What is looked for on a day: sessions of a shape, also in the openings kept for lost days where that is said. */
export type Wanted = { readonly shape: Shape; readonly withExtra: boolean };

/** When and where single sessions could be: all that a search for whole courses knows of a hub. */
export type SessionTimes = {
  /** The starts on a day at one of the sites, the earliest first; the same ones each time, not all of them need be free. */
  readonly startsAt: (sites: readonly string[], day: Day, wanted: Wanted) => readonly Start[];
  /** Whether all that `startsAt` tells are free, so that nobody need ask. */
  readonly onlyFree: boolean;
  /** Whether everything is open and free for a session that starts there. */
  readonly isFree: (start: Start, wanted: Wanted) => boolean;
  /** A session placed at that start, where all of it is open and free. */
  readonly placeAt: (start: Start, wanted: Wanted) => Placement | undefined;
};

type Known = {
  readonly starts: Map<string, Map<Day, readonly Start[]>>;
  readonly placements: Map<string, Map<Minute, Placement | undefined>>;
};

/** Finds them out one by one, as they are asked for, and keeps them. */
export function createSessionTimes(context: {
  readonly demand: Demand;
  readonly availability: Availability;
}): SessionTimes {
  const byShape = new Map<Shape, readonly [Known, Known]>();
  const knownOf = ({ shape, withExtra }: Wanted) =>
    entryOf(byShape, shape, () => [nothingKnown(), nothingKnown()] as const)[withExtra ? 1 : 0];
  const placeAt: SessionTimes["placeAt"] = (at, wanted) => {
    const ofSite = entryOf(knownOf(wanted).placements, at.site, () => new Map());
    if (ofSite.has(at.start)) return ofSite.get(at.start);
    const tried = placeSession(context, { ...at, ...wanted });
    const placement = "placement" in tried ? tried.placement : undefined;
    ofSite.set(at.start, placement);
    return placement;
  };
  return {
    startsAt: (sites, day, wanted) => {
      const { starts } = knownOf(wanted);
      const byDay = entryOf(starts, sites[0] ?? "", () => new Map());
      return entryOf(byDay, day, () =>
        sites
          .flatMap((site) =>
            startsOn(context.demand, { site, day, ...wanted }).map((start) => {
              return { site, day, start };
            }),
          )
          .toSorted((one, other) => one.start - other.start),
      );
    },
    onlyFree: false,
    isFree: (at, wanted) => placeAt(at, wanted) !== undefined,
    placeAt,
  };
}

/** The entry of a map, made where it is not there yet. */
export function entryOf<Key, Value>(
  map: { get: (key: Key) => Value | undefined; set: (key: Key, value: Value) => unknown },
  key: Key,
  make: () => Value,
): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function nothingKnown(): Known {
  return { starts: new Map(), placements: new Map() };
}
