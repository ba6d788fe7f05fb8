import { DomainError } from "@carehub/rules/domain-error";
import { dateOfDay, instantOfMinute } from "./hub-time.ts";
import { type HubName, poolName, resourceName } from "./names.ts";
import type { OverflowObstacle } from "./overflow-rule.ts";
import type { CapacityReason } from "./reasons.ts";
import type { Blocker, Refusal, UnavailableReason } from "./refusal.ts";

/** What a thing in the way is, as a party that may not see more is told. */
export type BlockerKind =
  | "BOOKING"
  | "HOLD"
  | "EXTERNAL"
  | "CLOSURE"
  | "POOL_FULL"
  | "OVERFLOW_RISK"
  | "RESERVE"
  | "NO_OPENING"
  | "GAP_RULE"
  | "PROLONGATION_RULE"
  | "HOLD_LIMIT";

/** One thing in the way, by the full name of the resource or pool. */
export type NamedBlocker = {
  readonly kind: BlockerKind;
  readonly resource: string;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
  readonly sessionNumber: number;
  /** Of an OVERFLOW_RISK: the probability that there would have been, and the greatest that is allowed. */
  readonly risk?: Pick<OverflowObstacle, "overflowPpm" | "boundPpm">;
};

/** An opening that would help, by the full name of the resource or pool. */
export type NamedOpening = {
  readonly resource: string;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant;
};

/** Why a course is not held: it does not fit, or its party holds as much as it may. */
export type NotHeldReason = UnavailableReason | "HOLD_LIMIT_REACHED";

/** Why a course is not held, in full. */
export type Unavailable = {
  readonly reason: NotHeldReason;
  readonly blockers: readonly NamedBlocker[];
  readonly openings: readonly NamedOpening[];
  readonly firstPossibleDate?: Temporal.PlainDate;
};

/** What was found to keep a resource busy: rows of the hub, by the resource's full name. */
export type Keeper = {
  readonly kind: "BOOKING" | "HOLD" | "EXTERNAL" | "CLOSURE";
  readonly resource: string;
  readonly start: number;
  readonly end: number;
};

/** Names what is in the way; `keepers` are the rows that overlap the busy ones. */
export function nameRefusal(
  hub: HubName,
  refusal: Refusal,
  { pools, keepers }: { readonly pools: ReadonlySet<string>; readonly keepers: readonly Keeper[] },
): Unavailable {
  const nameOf = (id: string) => (pools.has(id) ? poolName(hub, id) : resourceName(hub, id));
  const blockers = refusal.blockers.flatMap((blocker): NamedBlocker[] => {
    const { kind, sessionNumber } = blocker;
    const resource = nameOf(blocker.at);
    if (kind !== "BUSY") {
      return [{ kind, resource, ...times(blocker), sessionNumber, ...riskOf(blocker) }];
    }
    const found = keepers.filter(
      (keeper) =>
        keeper.resource === resource && keeper.start < blocker.end && keeper.end > blocker.start,
    );
    return found.map((keeper) => ({
      kind: keeper.kind,
      resource,
      ...times(keeper),
      sessionNumber,
    }));
  });
  const closed = blockers.length > 0 && blockers.every(({ kind }) => kind === "CLOSURE");
  return {
    reason: closed ? "HUB_CLOSED" : refusal.reason,
    blockers,
    openings: refusal.openings.map((opening) => ({
      resource: nameOf(opening.at),
      ...times(opening),
    })),
    ...(refusal.firstPossibleDay === undefined
      ? {}
      : { firstPossibleDate: dateOfDay(refusal.firstPossibleDay) }),
  };
}

/** Whether capacity that comes free could cure it; what no waiting cures is told once. */
export function canWait(reason: NotHeldReason): boolean {
  return waitingCures[reason];
}

const waitingCures: Readonly<Record<NotHeldReason, boolean>> = {
  HOLD_LIMIT_REACHED: true,
  NO_FREE_TIME: true,
  NO_BED: true,
  HUB_CLOSED: true,
  GAP_TOO_LONG: true,
  PROLONGATION_TOO_LONG: true,
  CAPACITY_STALE: true,
  DUE_BEFORE_ANSWER: false,
  TEMPLATE_UNKNOWN: false,
  PLAN_OUTSIDE_TEMPLATE: false,
  CALENDAR_YEAR_UNKNOWN: false,
};

/** The refusal as a caller is told it: the first blocker in the metadata, and how many there are. */
export function toDomainError(unavailable: Unavailable): DomainError {
  const [first] = unavailable.blockers;
  const reason = callerReason(unavailable);
  return new DomainError(reason, {
    ...(first === undefined
      ? {}
      : {
          resource: first.resource,
          kind: first.kind,
          start_time: first.startAt.toString(),
          end_time: first.endAt.toString(),
          session_number: String(first.sessionNumber),
          blockers: String(unavailable.blockers.length),
          ...(first.risk === undefined
            ? {}
            : {
                overflow_probability_ppm: String(first.risk.overflowPpm),
                overflow_bound_ppm: String(first.risk.boundPpm),
              }),
        }),
    ...(unavailable.firstPossibleDate === undefined
      ? {}
      : { first_possible_date: unavailable.firstPossibleDate.toString() }),
  });
}

function callerReason({ reason, blockers }: Unavailable): CapacityReason {
  switch (reason) {
    case "NO_BED":
      return "POOL_FULL";
    case "NO_FREE_TIME":
      return isOfPool(blockers[0]?.kind) ? "POOL_FULL" : "TIME_TAKEN";
    default:
      return reason;
  }
}

function isOfPool(kind: BlockerKind | undefined): boolean {
  return kind === "POOL_FULL" || kind === "OVERFLOW_RISK";
}

function riskOf(blocker: Blocker | OverflowObstacle): Pick<NamedBlocker, "risk"> {
  if (!("overflowPpm" in blocker)) return {};
  const { overflowPpm, boundPpm } = blocker;
  return { risk: { overflowPpm, boundPpm } };
}

function times({ start, end }: { readonly start: number; readonly end: number }) {
  return { startAt: instantOfMinute(start), endAt: instantOfMinute(end) };
}
