import type { Actor } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import type { Course } from "./course.ts";
import type { TimedHub } from "./demand.ts";
import { dayOfDate, minuteOfInstant } from "./hub-time.ts";
import { courseName, type HubName } from "./names.ts";
import type { CapacityReason } from "./reasons.ts";

/** How far an override is, by its row; whether it is expired its time says. */
export type OverrideState = "PROPOSED" | "APPROVED" | "USED" | "WITHDRAWN";

/** Why a hub makes an exception. */
export type OverrideReason =
  | "CLINICAL_URGENCY"
  | "TREATMENT_WINDOW"
  | "DISRUPTION"
  | "PATIENT_TRAVEL"
  | "OTHER";

/** What is opened, by the hub's own ids: resources on one day, or beds more on some days. */
export type Opens =
  | {
      readonly kind: "OUTSIDE_HOURS";
      readonly resources: readonly string[];
      readonly startAt: Temporal.Instant;
      readonly endAt: Temporal.Instant;
    }
  | {
      readonly kind: "OVERBOOKING";
      readonly pool: string;
      readonly firstDate: Temporal.PlainDate;
      readonly lastDate: Temporal.PlainDate;
      readonly count: number;
    };

/** One person's word. */
export type Consent = {
  readonly actor: string;
  readonly role: string;
  readonly givenAt: Temporal.Instant;
};

/** What two persons of a hub open for one course beyond what the hub has. */
export type Override = {
  readonly hub: HubName;
  readonly state: OverrideState;
  /** Undefined for a new patient of the hub until it is used. */
  readonly course: Uuid | undefined;
  readonly opens: Opens;
  readonly reason: OverrideReason;
  readonly expiresAt: Temporal.Instant;
  readonly proposal: Consent;
  readonly approval?: Consent;
  readonly usedAt?: Temporal.Instant;
};

/** An override as it was stored last. */
export type StoredOverride = {
  /** `hubs/{hub}/overrides/{uuid}`. */
  readonly name: string;
  readonly override: Override;
  readonly revision: number;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};

/** What is asked to be opened, for whom and for how long. */
export type ToPropose = Pick<Override, "course" | "opens" | "reason" | "expiresAt">;

const expiryDaysMax = 31;
const bedDaysMax = 31;

/**
 * Proposes an override for that course, or for a new patient. Fails with OVERRIDE_NOT_FITTING, RESOURCE_UNKNOWN and
 * OVERRIDE_PERIOD_INVALID.
 */
export function proposeOverride(
  toPropose: ToPropose,
  { hub, course, actor, now }: At & { readonly hub: TimedHub; readonly course?: Course },
): Override {
  if (course !== undefined && !mayUse(course)) {
    throw refusal("OVERRIDE_NOT_FITTING", { state: course.state });
  }
  requireKnown(toPropose.opens, hub);
  requirePeriod(toPropose, hub, now);
  return {
    ...toPropose,
    hub: hub.document.name,
    state: "PROPOSED",
    proposal: consentOf(actor, now),
  };
}

type At = { readonly actor: Actor; readonly now: Temporal.Instant };

/** Approves it as another person. Fails with OVERRIDE_SAME_PERSON and OVERRIDE_NOT_OPEN. */
export function approveOverride(override: Override, { actor, now }: At): Override {
  if (shownState(override, now) !== "PROPOSED") throw notOpen(override, now);
  if (actor.reference === override.proposal.actor) {
    throw refusal("OVERRIDE_SAME_PERSON", { actor: actor.reference });
  }
  return { ...override, state: "APPROVED", approval: consentOf(actor, now) };
}

/** Withdraws it before it is used. Fails with OVERRIDE_NOT_OPEN. */
export function withdrawOverride(override: Override, now: Temporal.Instant): Override {
  const state = shownState(override, now);
  if (state !== "PROPOSED" && state !== "APPROVED") throw notOpen(override, now);
  return { ...override, state: "WITHDRAWN" };
}

/** Uses it for its course. Fails with OVERRIDE_NOT_OPEN, and with OVERRIDE_NOT_FITTING for another course. */
export function useOverride(override: Override, course: Uuid, now: Temporal.Instant): Override {
  if (shownState(override, now) !== "APPROVED") throw notOpen(override, now);
  if (override.course !== undefined && override.course !== course) {
    throw refusal("OVERRIDE_NOT_FITTING", { course: courseName(override.course) });
  }
  return { ...override, state: "USED", course, usedAt: now };
}

/** How far it is at that time. */
export function shownState(
  { state, expiresAt }: Pick<Override, "state" | "expiresAt">,
  now: Temporal.Instant,
): OverrideState | "EXPIRED" {
  const isOpen = state === "PROPOSED" || state === "APPROVED";
  return isOpen && Temporal.Instant.compare(expiresAt, now) <= 0 ? "EXPIRED" : state;
}

const usable: readonly Course["state"][] = [
  "UNAVAILABLE",
  "WAITLISTED",
  "HELD",
  "BOOKED",
  "IN_TREATMENT",
  "INTERRUPTED",
];

function mayUse({ state, closed }: Course): boolean {
  return !closed && usable.includes(state);
}

function requireKnown(opens: Opens, { document }: TimedHub): void {
  const beds = document.pools.filter(({ kind }) => kind === "BED");
  const ids = opens.kind === "OVERBOOKING" ? beds : document.resources;
  const known = new Set(ids.map(({ id }) => id));
  const named = opens.kind === "OVERBOOKING" ? [opens.pool] : opens.resources;
  const unknown = named.find((id) => !known.has(id));
  if (unknown !== undefined) throw refusal("RESOURCE_UNKNOWN", { resource: unknown });
}

function requirePeriod(
  { opens, expiresAt }: ToPropose,
  { time }: TimedHub,
  now: Temporal.Instant,
): void {
  const today = time.dayOf(minuteOfInstant(now));
  const untilExpiry = now.until(expiresAt).total("hours") / 24;
  if (untilExpiry <= 0 || untilExpiry > expiryDaysMax) {
    throw invalidPeriod("expire_time", `is to be within ${expiryDaysMax} days from now`);
  }
  if (opens.kind === "OVERBOOKING") {
    const first = dayOfDate(opens.firstDate);
    const last = dayOfDate(opens.lastDate);
    const isFit = first <= last && last - first < bedDaysMax && last >= today;
    const rule = `is to be from today on and within ${bedDaysMax} days of the first`;
    if (!isFit) throw invalidPeriod("overbooking.last_date", rule);
    return;
  }
  const start = minuteOfInstant(opens.startAt);
  const end = minuteOfInstant(opens.endAt);
  const isOver = Temporal.Instant.compare(opens.endAt, now) <= 0;
  const isOneDay = start < end && time.dayOf(start) === time.dayOf(end - 1);
  if (isOver || !isOneDay) {
    throw invalidPeriod("outside_hours.end_time", "is to be after the start, on one day, not over");
  }
}

function invalidPeriod(field: string, description: string): DomainError {
  const reason: CapacityReason = "OVERRIDE_PERIOD_INVALID";
  return new DomainError(reason, { field }, { violations: [{ field, description }] });
}

function consentOf({ reference, role }: Actor, givenAt: Temporal.Instant): Consent {
  return { actor: reference, role, givenAt };
}

function notOpen(override: Override, now: Temporal.Instant): DomainError {
  return refusal("OVERRIDE_NOT_OPEN", { state: shownState(override, now) });
}

function refusal(reason: CapacityReason, metadata: Record<string, string>): DomainError {
  return new DomainError(reason, metadata);
}
