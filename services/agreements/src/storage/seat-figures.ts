import type { Database } from "@carehub/database/pool";

/** The counters of one part of a quota. */
export type SeatFigures = {
  readonly quota: string;
  readonly period: string;
  readonly part: string;
  readonly granted: number;
  readonly available: number;
  readonly reserved: number;
  readonly committed: number;
  readonly consumed: number;
  readonly waiting: number;
};

/** The counters of every quota, for the gauges. */
export function readSeatFigures(db: Pick<Database, "run">): Promise<SeatFigures[]> {
  return db.run<SeatFigures>(
    "seat-figures",
    `select quota, period, part, granted, available, reserved, committed, consumed, waiting
     from seat_account order by quota, period, part`,
  );
}
