/** Where the seat of an entitlement is; it only ever moves to the right, or to RELEASED. */
export type SeatState = "RESERVED" | "COMMITTED" | "CONSUMED" | "RELEASED";

/** What is asked of a seat. */
export type SeatRequest = "COMMIT" | "CONSUME" | "RELEASE";

/** One posting of one seat. */
export type SeatMove = "RESERVE" | "COMMIT" | "CONSUME" | "RELEASE";

/** The accounts of a part of a quota; `granted` is where seats come from. */
export type SeatAccount = "granted" | "available" | "reserved" | "committed" | "consumed";

/** A seat of a quota; `number` counts the seats that one entitlement has had. */
export type Seat = {
  readonly quota: string;
  readonly period: string;
  /** The set-aside; empty is the general part. */
  readonly part: string;
  readonly number: number;
  readonly state: SeatState;
};

/**
 * The postings that a request leads to, and where the seat is after them. No postings: it was there
 * already.
 */
export type SeatStep = {
  readonly postings: readonly Exclude<SeatMove, "RESERVE">[];
  readonly state: SeatState;
};

const steps: Readonly<Record<SeatState, Readonly<Record<SeatRequest, SeatStep>>>> = {
  RESERVED: {
    COMMIT: { postings: ["COMMIT"], state: "COMMITTED" },
    // The commitment was never told, yet the course took place: both are posted, so the books show
    // it.
    CONSUME: { postings: ["COMMIT", "CONSUME"], state: "CONSUMED" },
    RELEASE: { postings: ["RELEASE"], state: "RELEASED" },
  },
  COMMITTED: {
    COMMIT: { postings: [], state: "COMMITTED" },
    CONSUME: { postings: ["CONSUME"], state: "CONSUMED" },
    RELEASE: { postings: ["RELEASE"], state: "RELEASED" },
  },
  CONSUMED: {
    COMMIT: { postings: [], state: "CONSUMED" },
    CONSUME: { postings: [], state: "CONSUMED" },
    RELEASE: { postings: [], state: "CONSUMED" },
  },
  RELEASED: {
    COMMIT: { postings: [], state: "RELEASED" },
    CONSUME: { postings: [], state: "RELEASED" },
    RELEASE: { postings: [], state: "RELEASED" },
  },
};

/** Moves a seat one way; what cannot be is answered with where the seat is. */
export function moveSeat(state: SeatState, request: SeatRequest): SeatStep {
  return steps[state][request];
}

/** The account that a posting takes a seat from, and the one that it gives it to. */
export function accountsOf(
  move: SeatMove,
  from: SeatState | undefined,
): [SeatAccount, SeatAccount] {
  switch (move) {
    case "RESERVE":
      return ["available", "reserved"];
    case "COMMIT":
      return ["reserved", "committed"];
    case "CONSUME":
      return ["committed", "consumed"];
    case "RELEASE":
      return [from === "COMMITTED" ? "committed" : "reserved", "available"];
    default:
      return move satisfies never;
  }
}
