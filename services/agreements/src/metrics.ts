import type { Database } from "@carehub/database/pool";
import { gauge } from "@carehub/runtime/meters";
import { readSeatFigures, type SeatFigures } from "./storage/seat-figures.ts";

const staleMs = 1_000;
const lookMs = 15_000;
const states = ["granted", "available", "reserved", "committed", "consumed", "waiting"] as const;

/** The running gauges; `look` finds the quotas that were published since. */
export type SeatWatch = { readonly look: () => Promise<void>; readonly close: () => void };

/**
 * Shows the seats of every quota, period and part by where they are. New quotas are found when
 * `look` is called, and every 15 s, for those that another process of the service published.
 */
export function watchSeats(db: Database, onError: (error: unknown) => void): SeatWatch {
  const gauges = new Map<string, () => void>();
  let reading: Promise<readonly SeatFigures[]> | undefined;
  let readMs = 0;
  // One query for all of its figures.
  const figures = () => {
    if (reading === undefined || performance.now() - readMs > staleMs) {
      readMs = performance.now();
      reading = readSeatFigures(db);
    }
    return reading;
  };
  const look = async () => {
    for (const { quota, period, part } of await readSeatFigures(db)) {
      for (const state of states) {
        const key = `${quota} ${period} ${part} ${state}`;
        if (gauges.has(key)) continue;
        const read = async () => {
          const all = await figures();
          const found = all.find((one) => {
            return one.quota === quota && one.period === period && one.part === part;
          });
          return found?.[state];
        };
        const attributes = { quota, period, part: part || "general", state };
        gauges.set(key, gauge(seats, read, attributes));
      }
    }
  };
  // What was published stays published, whether its gauges are found now or later.
  const attempt = () => look().catch(onError);
  void attempt();
  const timer = setInterval(attempt, lookMs);
  timer.unref();
  return {
    look: attempt,
    close: () => {
      clearInterval(timer);
      for (const end of gauges.values()) end();
    },
  };
}

const seats = {
  name: "carehub.agreements.seats",
  description: "Seats of a quota by where they are.",
};
