/** What can be asked of a course from its admission on. */
import { dischargePatient, recordAdmission, recordDelivered } from "../app/course-commands.ts";
import { interruptCourse } from "../app/interrupt-course.ts";
import { resumeCourse } from "../app/resume-course.ts";
import { correctRecord, recordMissedSession } from "../app/session-commands.ts";
import { extendPatientStay } from "../app/stay-commands.ts";
import { instantOfMinute } from "../domain/hub-time.ts";
import { isSaid } from "./course-model.builder.ts";
import {
  inTreatment,
  isIn,
  numberOf,
  type On,
  onCourse,
  type Parts,
  unless,
  unplanned,
} from "./on-course.builder.ts";

/** Admits the patient today. */
export function admit(on: On, admissionDate: Temporal.PlainDate): Parts {
  const command = { ...onCourse(on), admissionDate };
  const must = unless(isIn(on, "BOOKED"), "COURSE_NOT_BOOKED");
  return { must, may: [], tells: "courseStarted", run: (deps) => recordAdmission(deps, command) };
}

/** Records a session as it was planned. */
export function record(on: On): Parts {
  const { course, minute } = on;
  const number = numberOf(on);
  const planned = course.sessions.find((each) => each.number === number);
  // The minute that it is has begun, so only the one before is over.
  const end = planned?.end ?? minute - 1;
  const start = planned?.start ?? minute - 61;
  const times = { startAt: instantOfMinute(start), endAt: instantOfMinute(end) };
  const session = { number, ...times, site: undefined, underAnaesthesia: undefined };
  const command = { ...onCourse(on), session };
  return {
    must: [
      ...unless(isIn(on, "IN_TREATMENT", "INTERRUPTED"), "COURSE_NOT_IN_TREATMENT"),
      ...unless(!isSaid(course, number), "SESSION_ALREADY_RECORDED"),
      ...unless(end < minute, "TIME_IN_FUTURE"),
    ],
    may: course.sessions.length === 0 ? ["SITE_UNKNOWN"] : [],
    tells: "sessionDelivered",
    run: (deps) => recordDelivered(deps, command),
  };
}

/** Says that a session did not take place. */
export function miss(on: On): Parts {
  const { course } = on;
  const number = numberOf(on);
  const command = { ...onCourse(on), missed: { number, reason: "PATIENT_UNWELL" } };
  const isPlanned = course.sessions.some((each) => each.number === number);
  return {
    must: [
      ...unless(isIn(on, "IN_TREATMENT", "INTERRUPTED"), "COURSE_NOT_IN_TREATMENT"),
      ...unless(!isSaid(course, number), "SESSION_ALREADY_RECORDED"),
      ...unless(isPlanned, "SESSION_NOT_PLANNED"),
    ],
    may: ["TIME_IN_FUTURE"],
    tells: "sessionMissed",
    run: (deps) => recordMissedSession(deps, command),
  };
}

/** Takes back what was recorded. */
export function correct(on: On): Parts {
  const { course, step } = on;
  const number = [...course.recorded, ...course.missed][step.one] ?? 1;
  const command = { ...onCourse(on), number, reason: "ENTERED_IN_ERROR" };
  return {
    must: [
      ...unless(!isIn(on, "ENDED"), "COURSE_ENDED"),
      ...unless(isIn(on, "IN_TREATMENT", "INTERRUPTED"), "COURSE_NOT_IN_TREATMENT"),
      ...unless(isSaid(course, number), "NOTHING_RECORDED"),
    ],
    may: [],
    tells: "sessionCorrected",
    run: (deps) => correctRecord(deps, command),
  };
}

/** Interrupts the treatment. */
export function interrupt(on: On, today: Temporal.PlainDate): Parts {
  const { one, two } = on.step;
  const since = { sinceDate: today.subtract({ days: one % 2 }), releaseStays: two % 2 === 0 };
  const command = { ...onCourse(on), interruption: { reason: "PATIENT_UNWELL", ...since } };
  return {
    must: unless(isIn(on, "IN_TREATMENT"), "COURSE_NOT_IN_TREATMENT"),
    may: ["INVALID_FIELD"],
    tells: "courseInterrupted",
    run: (deps) => interruptCourse(deps, command),
  };
}

/** Goes on with it. */
export function resume(on: On, today: Temporal.PlainDate): Parts {
  const { one, two } = on.step;
  const window = { notBeforeDate: today, notAfterDate: today.add({ days: 2 + (one % 5) }) };
  const command = { ...onCourse(on), window, acceptProlongation: two % 2 === 0 };
  return {
    must: unless(isIn(on, "INTERRUPTED"), "COURSE_NOT_INTERRUPTED"),
    may: [...unplanned, ...inTreatment(on)],
    tells: "courseResumed",
    run: (deps) => resumeCourse(deps, command),
  };
}

/** Says that a stay lasts longer. */
export function extendStay(on: On, today: Temporal.PlainDate): Parts {
  const extension = {
    ...{ stay: "intensive-care", reason: "CLINICAL" },
    lastDate: today.add({ days: 1 + (on.step.one % 3) }),
  };
  const command = { ...onCourse(on), extension };
  return {
    must: unless(isIn(on, "IN_TREATMENT", "INTERRUPTED"), "COURSE_NOT_IN_TREATMENT"),
    may: ["STAY_UNKNOWN", "STAY_WITHIN_PLAN"],
    run: (deps) => extendPatientStay(deps, command),
  };
}

/** Ends the treatment today. */
export function discharge(on: On, today: Temporal.PlainDate): Parts {
  const { one, two } = on.step;
  const stay = {
    ...{ stay: "intensive-care", lastDate: today },
    firstDate: today.subtract({ days: one % 3 }),
  };
  const stays = on.course.template === "surgery" && two % 2 === 0 ? [stay] : [];
  const asked = { dischargeDate: today, outcome: "COMPLETED", stays } as const;
  const command = { ...onCourse(on), discharge: asked };
  return {
    must: unless(isIn(on, "IN_TREATMENT", "INTERRUPTED"), "COURSE_NOT_IN_TREATMENT"),
    may: stays.length === 0 ? [] : ["STAY_UNKNOWN"],
    tells: "courseEnded",
    run: (deps) => dischargePatient(deps, command),
  };
}
