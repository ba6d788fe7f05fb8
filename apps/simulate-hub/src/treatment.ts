import type { PoolUse } from "@carehub/capacity/domain/availability";
import type { Takes } from "@carehub/capacity/domain/availability-change";
import type { Demand } from "@carehub/capacity/domain/demand";
import type { Day, Minute, Span } from "@carehub/capacity/domain/hub-time";
import type { FittingCourse } from "@carehub/capacity/domain/planner";
import type { Placement } from "@carehub/capacity/domain/session-placement";
import type { Patient } from "./arrivals.ts";

/** How far a patient's treatment is. */
export type TreatmentState = "WAITING" | "BOOKED" | "BEGUN" | "FINISHED" | "CANCELLED";

/** What one planner has for one patient. */
export type Treatment = {
  readonly patient: Patient;
  state: TreatmentState;
  /** As it was planned last; undefined until there was a plan. */
  demand: Demand | undefined;
  /** All sessions in their order: those given, then those to come. */
  sessions: readonly Placement[];
  /** How many of them were given. */
  given: number;
  preparation: FittingCourse["preparation"];
  /** How often the patient had an appointment, to draw the missed ones by. */
  appointments: number;
  /** Sessions for which no place was found any more. */
  dropped: number;
  /** Whether people accepted a plan beyond the template's rules. */
  isBeyondRules: boolean;
  /** Whether its preparation was done before its first session was lost. */
  isPrepared: boolean;
};

/** A patient of whom nothing is planned yet. */
export function newTreatment(patient: Patient): Treatment {
  return {
    patient,
    ...{ state: "WAITING", demand: undefined, sessions: [], given: 0, preparation: [] },
    ...{ appointments: 0, dropped: 0, isBeyondRules: false, isPrepared: false },
  };
}

/** What sessions and steps take of a hub. */
export function takesOfPlan(
  sessions: readonly Placement[],
  preparation: Treatment["preparation"] = [],
): Takes {
  const uses = [...sessions, ...preparation].flatMap((one) => one.uses);
  const places: PoolUse[] = sessions.flatMap(({ beam }) => beam);
  return { uses, places };
}

/** The sessions that are still to come. */
export function toCome({ sessions, given }: Treatment): readonly Placement[] {
  return sessions.slice(given);
}

/** Whether something of it is still to come. */
export function isLive({ state }: Treatment): boolean {
  return state === "BOOKED" || state === "BEGUN";
}

/** The time of what is used at a site. */
export function siteSpanOf({ site, uses, start, end }: Placement): Span {
  return uses.find(({ resource }) => resource === site) ?? { start, end };
}

/** From which day and minute on something may be planned. */
export type Moment = { readonly day: Day; readonly minute: Minute };
