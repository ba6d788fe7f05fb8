import { createHash } from "node:crypto";
import type { Run } from "@carehub/database/pool";
import type { Availability, PoolUse } from "../domain/availability.ts";
import { certificateDocument } from "../domain/certificate.ts";
import type { CourseRequest, Priority } from "../domain/course.ts";
import {
  createDemand,
  type Demand,
  poolsOf,
  resourcesOf,
  spreadOut,
  startingFrom,
  type TimedHub,
} from "../domain/demand.ts";
import {
  type AnswerTime,
  answerByOf,
  type HeldUse,
  type Hold,
  holdParts,
  releaseOf,
} from "../domain/hold.ts";
import { courseName, poolName, resourceName } from "../domain/names.ts";
import { type FailedSearch, type FittingCourse, planCourse, poolUses } from "../domain/planner.ts";
import { explainRefusal, type Refusal, widened } from "../domain/refusal.ts";
import { nameRefusal, type Unavailable } from "../domain/unavailable.ts";
import { readAvailability } from "../storage/availability-store.ts";
import { readKeepers } from "../storage/blocking-store.ts";

type Reader = { readonly run: Run };

/** What is to be held, for how long, and how soon it is needed. */
export type HoldRequest = CourseRequest & {
  readonly answerTime: AnswerTime;
  readonly priority: Priority;
};

/** A course that would fit: what is to be taken, by full names. */
export type Proposal = {
  readonly hub: TimedHub;
  readonly demand: Demand;
  readonly course: FittingCourse;
  readonly uses: readonly HeldUse[];
  readonly poolUses: readonly (PoolUse & { readonly capacity: number })[];
};

/** What the planner makes of the hub's rows as they were read just now. */
export type Proposed =
  | { readonly kind: "fits"; readonly proposal: Proposal }
  | {
      readonly kind: "blocked";
      /** Where it would go if holds past their release time were free; undefined where that is nowhere. */
      readonly overLapsed: () => Promise<Proposal | undefined>;
      readonly explain: () => Promise<Unavailable>;
    };

/** Reads the hub's rows from the primary and plans on them. Fails as `createDemand` does. */
export async function proposeCourse(
  db: Reader,
  hub: TimedHub,
  at: { readonly request: HoldRequest; readonly now: Temporal.Instant; readonly spread?: number },
): Promise<Proposed> {
  const demand = spreadOut(demandOf(hub, at.request, at.now), at.spread ?? 0);
  const { availability, hasLapsed } = await readAvailability(db, demand, { exceptLapsed: false });
  const found = planCourse({ demand, availability });
  const propose = (course: FittingCourse) => toProposal(hub, demand, course);
  if (found.kind === "fits") return { kind: "fits", proposal: propose(found.course) };
  return {
    kind: "blocked",
    overLapsed: async () => {
      if (!hasLapsed) return undefined;
      const freed = await readAvailability(db, demand, { exceptLapsed: true });
      const over = planCourse({ demand, availability: freed.availability });
      return over.kind === "fits" ? propose(over.course) : undefined;
    },
    explain: () => explain(db, { demand, availability }, found.failed),
  };
}

/** Everything that a request could use of a hub, by full names. */
export function candidatesOf(
  hub: TimedHub,
  request: CourseRequest,
  now: Temporal.Instant,
): string[] {
  const { name } = hub.document;
  const demand = createDemand(hub, request.plan, now);
  return [
    ...resourcesOf(demand).map((id) => resourceName(name, id)),
    ...poolsOf(demand).map(({ id }) => poolName(name, id)),
  ];
}

/** The hold as it will stand in the course: named parts, deadlines, items and the certificate. */
export function holdOfProposal(
  { hub, demand, course }: Proposal,
  request: HoldRequest,
  now: Temporal.Instant,
): Hold {
  const parts = holdParts(demand, course);
  const answerBy = answerByOf(request.answerTime, now);
  const { sessions, stays } = parts;
  const id = courseName(request.id);
  const document = certificateDocument({ course: id, hub, demand, sessions, stays });
  return {
    ...parts,
    round: request.round,
    answerBy,
    releaseAt: releaseOf(answerBy),
    certificate: {
      hash: createHash("sha256").update(document).digest("hex"),
      document,
      templateVersion: demand.template.version,
      capacityVersion: hub.version,
      calendarVersion: answerBy.calendarVersion,
    },
  };
}

// A course that waits for a party's answer begins only after the last time at which that is awaited; a hub that books its
// own patient waits for nobody, so that one may begin tomorrow.
function demandOf(hub: TimedHub, request: HoldRequest, now: Temporal.Instant): Demand {
  const demand = createDemand(hub, request.plan, now);
  if (request.sendingParty === undefined) return demand;
  return startingFrom(demand, releaseOf(answerByOf(request.answerTime, now)));
}

function toProposal(hub: TimedHub, demand: Demand, course: FittingCourse): Proposal {
  const { name, pools } = hub.document;
  const capacityOf = new Map(pools.map(({ id, capacity }) => [id, capacity]));
  return {
    hub,
    demand,
    course,
    uses: course.sessions.flatMap(({ uses }) =>
      uses.map((use) => ({ ...use, resource: resourceName(name, use.resource) })),
    ),
    poolUses: poolUses(course).map((use) => ({
      ...use,
      pool: poolName(name, use.pool),
      capacity: capacityOf.get(use.pool) ?? 0,
    })),
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
