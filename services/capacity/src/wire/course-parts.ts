import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Compensation,
  type CourseHeldSchema,
  CourseOutcome,
  type CourseUnavailableSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type {
  CoursePlanSchema,
  CoursePlan as WirePlan,
} from "@carehub/contracts/gen/carehub/type/v1/course_plan_pb.ts";
import type {
  DeadlineSchema,
  AnswerTime as WireAnswerTime,
} from "@carehub/contracts/gen/carehub/type/v1/deadline_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { invalidField } from "@carehub/rules/ids";
import type { Outcome } from "../domain/course.ts";
import type { CoursePlan } from "../domain/demand.ts";
import type { AnswerBy, AnswerTime, HeldSession, HeldUse, Hold } from "../domain/hold.ts";
import type { Compensation as CompensationKind } from "../domain/hub.ts";
import type { ServiceItem } from "../domain/service-items.ts";
import type { Unavailable } from "../domain/unavailable.ts";
import { readDate, toWireDate, toWireMinute } from "./basics.ts";

/** A hold in the published language, which the API speaks too. */
export function toWireHold(hold: Hold): MessageInitShape<typeof CourseHeldSchema> {
  const { hash, templateVersion, capacityVersion, calendarVersion } = hold.certificate;
  return {
    round: hold.round,
    sessions: hold.sessions.map(toWireSession),
    preparation: toWirePreparation(hold),
    prolongationDays: hold.prolongationDays ?? 0,
    overflowProbabilityPpm: hold.overflowProbabilityPpm ?? 0,
    override: hold.override ?? "",
    stays: hold.stays.map((stay) => ({
      stay: stay.stay,
      pool: stay.pool,
      firstDate: toWireDate(stay.firstDate),
      lastDate: toWireDate(stay.lastDate),
    })),
    firstDate: toWireDate(hold.firstDate),
    lastDate: toWireDate(hold.lastDate),
    answerBy: toWireDeadline(hold.answerBy),
    releaseTime: toTimestamp(hold.releaseAt),
    serviceItems: toWireItems(hold.serviceItems),
    certificate: { hash, templateVersion, capacityVersion, calendarVersion },
  };
}

/** A held session. */
export function toWireSession(session: HeldSession) {
  const { number, phase, start, end, uses, compensation } = session;
  return {
    number,
    phase,
    startTime: toWireMinute(start),
    endTime: toWireMinute(end),
    resources: uses.map(toWireUse),
    ...(compensation === undefined ? {} : { compensation: wireCompensations[compensation] }),
  };
}

/** The held steps before the first session. */
export function toWirePreparation({ preparation = [] }: Pick<Hold, "preparation">) {
  return preparation.map(({ step, start, end, uses }) => ({
    step,
    startTime: toWireMinute(start),
    endTime: toWireMinute(end),
    resources: uses.map(toWireUse),
  }));
}

function toWireUse({ resource, start, end }: HeldUse) {
  return { resource, startTime: toWireMinute(start), endTime: toWireMinute(end) };
}

const wireCompensations: Readonly<Record<CompensationKind, Compensation>> = {
  EXTRA_DAY: Compensation.EXTRA_DAY,
  SAME_DAY: Compensation.SAME_DAY,
};

/** Why a course does not fit, and whether it waits for capacity. */
export function toWireUnavailable(
  round: number,
  unavailable: Unavailable,
  waitlisted: boolean,
): MessageInitShape<typeof CourseUnavailableSchema> {
  const { reason, blockers, openings, firstPossibleDate } = unavailable;
  return {
    round,
    reason,
    waitlisted,
    blockers: blockers.map(({ kind, resource, startAt, endAt, sessionNumber }) => ({
      kind,
      resource,
      startTime: toTimestamp(startAt),
      endTime: toTimestamp(endAt),
      sessionNumber,
    })),
    openings: openings.map(({ resource, startAt, endAt }) => ({
      resource,
      startTime: toTimestamp(startAt),
      endTime: toTimestamp(endAt),
    })),
    ...(firstPossibleDate === undefined
      ? {}
      : { firstPossibleDate: toWireDate(firstPossibleDate) }),
  };
}

/** Quantities of services. */
export function toWireItems(items: readonly ServiceItem[]) {
  return items.map(({ serviceCode, quantity }) => ({ serviceCode, quantity }));
}

/** A plan as it was asked for. */
export function toWirePlan(plan: CoursePlan): MessageInitShape<typeof CoursePlanSchema> {
  return {
    template: plan.template,
    phases: plan.phases.map((phase) => ({ ...phase })),
    stays: plan.stays.map((stay) => ({ ...stay })),
    readyDate: toWireDate(plan.readyDate),
    dueDate: toWireDate(plan.dueDate),
    underAnaesthesia: plan.underAnaesthesia,
    statCategory: plan.statCategory ?? 0,
    ...(plan.ageMonths === undefined ? {} : { ageMonths: plan.ageMonths }),
  };
}

/** Reads a plan; a date that is none fails with INVALID_FIELD. */
export function readPlan(plan: WirePlan | undefined): CoursePlan {
  if (plan === undefined) throw invalidField("plan", "is missing");
  return {
    template: plan.template,
    phases: plan.phases.map(({ phase, sessionCount }) => ({ phase, sessionCount })),
    stays: plan.stays.map(({ stay, days }) => ({ stay, days })),
    readyDate: readDate(plan.readyDate, "plan.ready_date"),
    dueDate: readDate(plan.dueDate, "plan.due_date"),
    underAnaesthesia: plan.underAnaesthesia,
    ...(plan.statCategory === 0 ? {} : { statCategory: plan.statCategory }),
    ...(plan.ageMonths === undefined ? {} : { ageMonths: plan.ageMonths }),
  };
}

/** Reads a length of time to answer. */
export function readAnswerTime(time: WireAnswerTime | undefined): AnswerTime {
  if (time === undefined || time.calendars.length === 0) {
    throw invalidField("answer_time", "names no calendar");
  }
  const { workingDays, calendars, graceHours, clause } = time;
  return { workingDays, calendars: [...calendars], graceHours, clause };
}

/** How a course ended, as the wire has it. */
export const wireOutcomes: Readonly<Record<Outcome, CourseOutcome>> = {
  COMPLETED: CourseOutcome.COMPLETED,
  STOPPED: CourseOutcome.STOPPED,
  DIED: CourseOutcome.DIED,
};

/** Reads how a course ended. */
export function readOutcome(outcome: CourseOutcome): Outcome {
  const found = (Object.keys(wireOutcomes) as Outcome[]).find(
    (key) => wireOutcomes[key] === outcome,
  );
  if (found === undefined) throw invalidField("outcome", "is not an outcome");
  return found;
}

function toWireDeadline(answerBy: AnswerBy): MessageInitShape<typeof DeadlineSchema> {
  const { onDate, expiresAt, answerTime, calendarVersion, estimated } = answerBy;
  return {
    date: toWireDate(onDate),
    expireTime: toTimestamp(expiresAt),
    answerTime: { ...answerTime, calendars: [...answerTime.calendars] },
    calendarVersion,
    estimated,
  };
}
