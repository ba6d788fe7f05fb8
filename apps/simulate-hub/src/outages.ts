import type { TimedHub } from "@carehub/capacity/domain/demand";
import { type Day, dayOfDate, type Span } from "@carehub/capacity/domain/hub-time";
import { createRandom, type Random } from "./random.ts";
import type { Reliability, Scenario } from "./scenario.ts";

/** A breakdown: nothing of what it closes is to be had from its start to its end. */
export type Outage = Span & {
  readonly kind: "ROOM" | "BEAM";
  /** The ids of the rooms that it closes. */
  readonly rooms: readonly string[];
};

const minutesOfHour = 60;

/** Draws all breakdowns of a run, by their start. How long one lasts is known when it begins, to every planner alike. */
export function drawOutages(scenario: Scenario, hub: TimedHub, seed: number): Outage[] {
  const rooms = hub.document.resources.filter(({ kind }) => kind === "ROOM").map(({ id }) => id);
  const days = daysOf(scenario);
  const ofRooms = rooms.flatMap((room) => {
    const random = createRandom(seed, `outages of ${room}`);
    const spans = drawSpans(openTimes(hub, room, days), scenario.room, random);
    return spans.map((span): Outage => ({ ...span, kind: "ROOM", rooms: [room] }));
  });
  const beams = hub.document.pools.filter(({ kind }) => kind === "BEAM");
  const ofBeams = beams.flatMap(({ id, serves }) => {
    const random = createRandom(seed, `outages of ${id}`);
    const spans = drawSpans(openTimes(hub, serves[0] ?? "", days), scenario.beam, random);
    return spans.map((span): Outage => ({ ...span, kind: "BEAM", rooms: serves }));
  });
  return [...ofRooms, ...ofBeams].toSorted((one, other) => one.start - other.start);
}

/** All days of a scenario. */
export function daysOf({ firstDate, lastDate }: Pick<Scenario, "firstDate" | "lastDate">): Day[] {
  const first = dayOfDate(Temporal.PlainDate.from(firstDate));
  const last = dayOfDate(Temporal.PlainDate.from(lastDate));
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function openTimes({ time }: TimedHub, room: string, days: readonly Day[]): Span[] {
  return days.flatMap((day) => time.openings(room, day));
}

// Between two breakdowns lies an exponential time of use; repairs go on over night.
function drawSpans(
  open: readonly Span[],
  { downShare, medianHours, sigma, hoursMax }: Reliability,
  random: Random,
): Span[] {
  if (downShare <= 0) return [];
  const meanMinutes = medianHours * Math.exp(sigma ** 2 / 2) * minutesOfHour;
  const meanBetween = meanMinutes / downShare;
  const spans: Span[] = [];
  let left = random.exponential(meanBetween);
  for (const { start, end } of open) {
    let from = start;
    while (left < end - from) {
      const begins = Math.floor(from + left);
      const hours = Math.min(hoursMax, random.lognormal(medianHours, sigma));
      const span = { start: begins, end: begins + Math.max(1, Math.round(hours * minutesOfHour)) };
      spans.push(span);
      from = Math.min(end, span.end);
      left = random.exponential(meanBetween);
    }
    left -= end - from;
  }
  return spans;
}
