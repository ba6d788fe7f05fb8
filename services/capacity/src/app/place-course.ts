import { createHash } from "node:crypto";
import type { Run } from "@carehub/database/pool";
import type { Uuid } from "@carehub/rules/ids";
import { type Availability, placesOf } from "../domain/availability.ts";
import { certificateDocument, type ToCertify } from "../domain/certificate.ts";
import type { CourseRequest } from "../domain/course.ts";
import type { PlanContext as RiskContext } from "../domain/course-search.ts";
import {
  createDemand,
  type Demand,
  poolsOf,
  resourcesOf,
  spreadOut,
  startingFrom,
  type TimedHub,
  withPriority,
} from "../domain/demand.ts";
import {
  type AnswerTime,
  answerByOf,
  type Certificate,
  type HeldUse,
  type Hold,
  holdParts,
  releaseOf,
} from "../domain/hold.ts";
import { courseName, poolName, resourceName } from "../domain/names.ts";
import { type StayRisk, stayRisks, worstOverflow } from "../domain/overflow-rule.ts";
import {
  needsOverride,
  overbookedBeds,
  type UsableOverride,
  withOverride,
} from "../domain/override-openings.ts";
import { type FailedSearch, type FittingCourse, planCourse, poolUses } from "../domain/planner.ts";
import type { Priority } from "../domain/priority.ts";
import { explainRefusal, type Refusal, widened } from "../domain/refusal.ts";
import { nameRefusal, type Unavailable } from "../domain/unavailable.ts";
import { readAvailability } from "../storage/availability-store.ts";
import { readKeepers } from "../storage/blocking-store.ts";
import type { PlaceUse } from "../storage/reservation-store.ts";
import { overrideForHold } from "./override-use.ts";

type Reader = { readonly run: Run };

/** What is to be held, for how long, and how soon it is needed. */
export type HoldRequest = CourseRequest & {
  readonly answerTime: AnswerTime;
  readonly priority: Priority;
  /** The name of an override that a hub's new patient may use. */
  readonly override?: string;
};

/** A course that would fit: what is to be taken, by full names. */
export type Proposal = {
  readonly hub: TimedHub;
  readonly demand: Demand;
  readonly course: FittingCourse;
  readonly uses: readonly HeldUse[];
  readonly poolUses: readonly PlaceUse[];
  /** For how likely its patient is in which pool on which day, where that is not certain. */
  readonly risks: readonly StayRisk[];
  /** The greatest probability, in millionths, that a unit of an uncertain stay of it overflows. */
  readonly overflowProbabilityPpm?: number;
  /** The name of the override without which it would not fit. */
  readonly override?: string;
};

/** What the planner makes of the hub's rows as they were read just now. */
export type Proposed =
  | { readonly kind: "fits"; readonly proposal: Proposal }
  | {
      readonly kind: "blocked";
      /** Where it would go if holds past their release time were free; undefined where that is nowhere. */
      readonly overLapsed: () => Promise<Proposal | undefined>;
      /** Says what is in the way; reads by itself what is needed beyond the rows that were planned on. */
      readonly explain: (db: Reader) => Promise<Unavailable>;
    };

/** Reads the hub's rows from the primary and plans on them. Fails as `createDemand` does. */
export async function proposeCourse(
  db: Reader,
  hub: TimedHub,
  at: {
    readonly request: HoldRequest;
    readonly now: Temporal.Instant;
    readonly spread?: number;
    /** Whether all that it could use is locked: then its override is too. */
    readonly locked?: boolean;
  },
): Promise<Proposed> {
  const { request, now, spread = 0, locked: lock = false } = at;
  const demand = spreadOut(demandOf(hub, request, now), spread);
  const override = await overrideForHold(db, request, { now, lock });
  const proposed = await proposeDemand(db, hub, { demand, override });
  if (proposed.kind === "fits" || request.override === undefined) return proposed;
  // Another may have used the override after it was read here, so that its bed was seen as taken: that is why, then.
  const explain = async (reader: Reader) => {
    await overrideForHold(reader, request, { now, lock: false });
    return proposed.explain(reader);
  };
  return { ...proposed, explain };
}

/** The same for a demand that was made already, with the override that its course may use. */
export async function proposeDemand(
  db: Reader,
  hub: TimedHub,
  { demand, override }: { readonly demand: Demand; readonly override: UsableOverride | undefined },
): Promise<Proposed> {
  const { availability, hasLapsed } = await readAvailability(db, demand, { exceptLapsed: false });
  const propose = (course: FittingCourse, on = availability) =>
    toProposal(hub, { demand, availability: on, override }, course);
  const plan = (on: RiskContext["availability"]) =>
    planWith({ demand, availability: on }, override);
  const found = plan(availability);
  if (found.kind === "fits") return { kind: "fits", proposal: propose(found.course) };
  return {
    kind: "blocked",
    overLapsed: async () => {
      if (!hasLapsed) return undefined;
      const freed = await readAvailability(db, demand, { exceptLapsed: true });
      const over = plan(freed.availability);
      return over.kind === "fits" ? propose(over.course, freed.availability) : undefined;
    },
    explain: (reader) => explain(reader, { demand, availability }, found.failed),
  };
}

// With what its override opens the course is as early as it can be; whether it needed that is seen afterwards.
function planWith(context: RiskContext, override: UsableOverride | undefined) {
  const opened = override && planCourse(withOverride(context, override));
  return opened?.kind === "fits" ? opened : planCourse(context);
}

/** Everything that a request could use of a hub, by full names, with what is counted for what is kept from it. */
export function candidatesOf(
  hub: TimedHub,
  request: CourseRequest,
  now: Temporal.Instant,
): string[] {
  return namesOfDemand(createDemand(hub, request.plan, now));
}

/** Everything that a demand could use, by full names. */
export function namesOfDemand(demand: Demand): string[] {
  const { name } = demand.document;
  return [
    ...resourcesOf(demand).map((id) => resourceName(name, id)),
    ...poolsOf(demand).map(({ id }) => poolName(name, id)),
  ];
}

/** The hold as it will stand in the course: named parts, deadlines, items and the certificate. */
export function holdOfProposal(
  proposal: Proposal,
  request: HoldRequest,
  now: Temporal.Instant,
): Hold {
  const parts = partsOf(proposal);
  const answerBy = answerByOf(request.answerTime, now);
  const { override } = proposal;
  const proved = override === undefined ? parts : { ...parts, override: { name: override } };
  return {
    ...parts,
    ...(override === undefined ? {} : { override }),
    round: request.round,
    answerBy,
    releaseAt: releaseOf(answerBy),
    certificate: certify(proposal, proved, {
      id: request.id,
      calendarVersion: answerBy.calendarVersion,
    }),
  };
}

/** Names what was planned, with the probability that the answer says. */
export function partsOf({ demand, course, overflowProbabilityPpm }: Proposal) {
  const parts = holdParts(demand, course);
  return overflowProbabilityPpm === undefined ? parts : { ...parts, overflowProbabilityPpm };
}

/** Proves a plan against the version of the hub and the demand that it was made on. */
export function certify(
  { hub, demand }: Pick<Proposal, "hub" | "demand">,
  plan: Omit<ToCertify, "course" | "hub" | "demand">,
  { id, calendarVersion }: { readonly id: Uuid; readonly calendarVersion: string },
): Certificate {
  const document = certificateDocument({ course: courseName(id), hub, demand, ...plan });
  return {
    hash: createHash("sha256").update(document).digest("hex"),
    document,
    templateVersion: demand.template.version,
    capacityVersion: hub.version,
    calendarVersion,
  };
}

// A course that waits for a party's answer begins only after the last time at which that is awaited; a hub that books its
// own patient waits for nobody, so that one may begin tomorrow.
function demandOf(hub: TimedHub, request: HoldRequest, now: Temporal.Instant): Demand {
  const demand = withPriority(createDemand(hub, request.plan, now), request.priority);
  if (request.sendingParty === undefined) return demand;
  return startingFrom(demand, releaseOf(answerByOf(request.answerTime, now)));
}

function toProposal(
  hub: TimedHub,
  context: RiskContext & { readonly override: UsableOverride | undefined },
  course: FittingCourse,
): Proposal {
  const { demand, override } = context;
  const isNeeded = override !== undefined && needsOverride(context, course);
  const worst = worstOverflow(context, course.stays);
  const { document } = hub;
  const { name } = document;
  const steps = [...course.sessions, ...course.preparation];
  return {
    hub,
    demand,
    course,
    uses: steps.flatMap(({ uses }) =>
      uses.map((use) => ({ ...use, resource: resourceName(name, use.resource) })),
    ),
    poolUses: poolUses(course).map((use) => {
      const capacity = placesOf(document, { ...use, isEmergency: true });
      const reserve = capacity - placesOf(document, { ...use, isEmergency: demand.isEmergency });
      const overbooked = isNeeded ? overbookedBeds(context, use) : 0;
      return { ...use, pool: poolName(name, use.pool), capacity, reserve, overbooked };
    }),
    risks: stayRisks(course.stays).map((risk) => ({ ...risk, pool: poolName(name, risk.pool) })),
    ...(worst === undefined ? {} : { overflowProbabilityPpm: worst }),
    ...(isNeeded ? { override: override.name } : {}),
  };
}

async function explain(
  db: Reader,
  context: { readonly demand: Demand; readonly availability: Availability },
  failed: FailedSearch,
): Promise<Unavailable> {
  const { demand } = context;
  const wideDemand = widened(demand);
  const { availability } = await readAvailability(db, wideDemand, { exceptLapsed: false });
  const refusal = explainRefusal(context, failed, { demand: wideDemand, availability });
  return nameRefusal(demand.document.name, refusal, {
    pools: new Set(demand.document.pools.map(({ id }) => id)),
    keepers: await keepersOf(db, demand, refusal),
  });
}

async function keepersOf(db: Reader, { document }: Demand, { blockers }: Refusal) {
  const busy = blockers.filter(({ kind }) => kind === "BUSY");
  if (busy.length === 0) return [];
  return readKeepers(
    db,
    busy.map(({ at, start, end }) => ({ resource: resourceName(document.name, at), start, end })),
  );
}
