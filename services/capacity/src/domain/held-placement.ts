import { must } from "@carehub/rules/fault";
import { shapeAt } from "./course-rules.ts";
import type { Demand, TimedHub } from "./demand.ts";
import type { HeldSession } from "./hold.ts";
import { minuteOfInstant } from "./hub-time.ts";
import { beamOf, isOpen, type Placement } from "./session-placement.ts";

/** A held session as the planner has it, by the hub's own ids; the index counts the sessions of the course from 0. */
export function toPlacement(demand: Demand, session: HeldSession, index: number): Placement {
  const { start, end, compensation } = session;
  const site = idOf(session.site);
  const day = demand.time.dayOf(start);
  const uses = session.uses.map((use) => ({ ...use, resource: idOf(use.resource) }));
  // Made up out of order, a session is still of its own phase.
  const isInOrder = demand.phases[index] === session.phase;
  const at = isInOrder ? index : demand.phases.lastIndexOf(session.phase);
  const beam = beamOf(demand, { site, start, shape: shapeAt(demand, at < 0 ? index : at) });
  const makesUp = compensation === undefined ? {} : { compensation };
  return { site, day, start, end, uses, beam, ...makesUp };
}

/**
 * Whether sessions can still be given as they were planned a while ago: their hour may have come meanwhile, or another
 * version of the hub may be closed then.
 */
export function canStillBe(
  { document, time }: TimedHub,
  sessions: readonly HeldSession[],
  now: Temporal.Instant,
): boolean {
  const from = minuteOfInstant(now);
  const known = new Set(document.resources.map(({ id }) => id));
  return sessions.every(({ uses, compensation }) =>
    uses.every(({ resource, start, end }) => {
      const span = { start, end, withExtra: compensation === "EXTRA_DAY" };
      const id = idOf(resource);
      return start >= from && known.has(id) && isOpen({ time }, id, span);
    }),
  );
}

function idOf(name: string): string {
  return must(name.split("/").at(-1), "a resource has a name");
}
