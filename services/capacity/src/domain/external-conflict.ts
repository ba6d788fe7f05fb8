import { type HubTime, instantOfMinute } from "./hub-time.ts";

/** What an imported booking meets: a course, a closure, or too few beds. */
export type ConflictKind = "COURSE" | "CLOSURE" | "CAPACITY";

/** A time at which an imported booking and something else need the same. */
export type ExternalConflict = {
  readonly source: string;
  readonly sourceId: string;
  readonly kind: ConflictKind;
  /** The full name of the resource or pool. */
  readonly at: string;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
  /** `courses/{uuid}`; undefined for the other kinds. */
  readonly course: string | undefined;
};

/** What an import of a hub's own bookings changed, and what it met. */
export type ImportedFact = {
  readonly imported: number;
  readonly cancelled: number;
  readonly conflicts: readonly ExternalConflict[];
  /** How many there are, where more than those were found. */
  readonly conflictCount: number;
};

/** A conflict as it stands in the rows: minutes for time, days for beds; the end exclusive. */
export type ConflictRow = Pick<ExternalConflict, "source" | "sourceId" | "kind" | "at"> & {
  readonly course: string | null;
  readonly isBed: boolean;
  readonly start: number;
  readonly end: number;
};

/** The conflict that a row stands for. */
export function toConflict(row: ConflictRow, time: HubTime): ExternalConflict {
  const { source, sourceId, kind, at, isBed, start, end } = row;
  return {
    source,
    sourceId,
    kind,
    at,
    startAt: instantOfMinute(isBed ? time.startOf(start) : start),
    endAt: instantOfMinute(isBed ? time.startOf(end) : end),
    course: row.course === null ? undefined : `courses/${row.course}`,
  };
}
