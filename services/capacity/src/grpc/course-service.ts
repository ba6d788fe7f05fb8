import { CoursePriority } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import * as api from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Deps } from "../app/capacity-app.ts";
import * as commands from "../app/course-commands.ts";
import { holdForHub } from "../app/hold-course.ts";
import { getCourse, listCourses, type QueryDeps } from "../app/queries.ts";
import { hubNotFound } from "../app/visibility.ts";
import { hubOfCaller, parseCourseName } from "../domain/names.ts";
import type { Priority } from "../domain/priority.ts";
import type { ActualStay } from "../domain/stay-days.ts";
import { readDate } from "../wire/basics.ts";
import { readAnswerTime, readOutcome, readPlan } from "../wire/course-parts.ts";
import { toCommand } from "./commands.ts";
import { courseCommand } from "./course-command.ts";
import { courseResponder, readState, toWireCourse } from "./course-message.ts";
import { pageSizeOf, readPageToken, writePageToken } from "./page-token.ts";
import { readSession } from "./session-message.ts";

/** The API of courses: holding, booking, giving back, and what took place. */
export function implementCourseService(deps: Deps & QueryDeps): Implementation {
  return implement(api.CourseService, {
    holdCourse: (request, call) => hold(deps, request, call),
    bookCourse: (request, call) =>
      commands.bookCourse(
        deps,
        courseCommand(api.BookCourseRequestSchema, api.BookCourseResponseSchema, { request, call }),
      ),
    releaseCourse: (request, call) =>
      commands.releaseCourse(deps, {
        ...courseCommand(api.ReleaseCourseRequestSchema, api.ReleaseCourseResponseSchema, {
          request,
          call,
        }),
        reason: request.reason,
      }),
    getCourse: async ({ name }, { caller }) => {
      const stored = await getCourse(deps, parseCourseName(name), caller);
      return { course: toWireCourse(stored, { withDocument: true }) };
    },
    listCourses: async ({ pageSize, pageToken, state }, { caller }) => {
      const query = ["courses", caller.name, String(state)];
      const after = readPageToken(query, pageToken);
      const page = { size: pageSizeOf(pageSize), after, state: readState(state) };
      const { items, next } = await listCourses(deps, caller, page);
      return {
        courses: items.map((stored) => toWireCourse(stored)),
        nextPageToken: writePageToken(query, next),
      };
    },
    recordAdmission: (request, call) =>
      commands.recordAdmission(deps, {
        ...courseCommand(api.RecordAdmissionRequestSchema, api.RecordAdmissionResponseSchema, {
          request,
          call,
        }),
        admissionDate: readDate(request.admissionDate, "admission_date"),
      }),
    recordSession: (request, call) =>
      commands.recordDelivered(deps, {
        ...courseCommand(api.RecordSessionRequestSchema, api.RecordSessionResponseSchema, {
          request,
          call,
        }),
        session: readSession(request.number, request),
      }),
    dischargePatient: (request, call) =>
      commands.dischargePatient(deps, {
        ...courseCommand(api.DischargePatientRequestSchema, api.DischargePatientResponseSchema, {
          request,
          call,
        }),
        discharge: {
          dischargeDate: readDate(request.dischargeDate, "discharge_date"),
          outcome: readOutcome(request.outcome),
          stays: request.stays.map(readStay),
        },
      }),
    declineCourseStop: (request, call) =>
      commands.declineCourseStop(deps, {
        ...courseCommand(api.DeclineCourseStopRequestSchema, api.DeclineCourseStopResponseSchema, {
          request,
          call,
        }),
        reason: request.reason,
      }),
  });
}

async function hold(deps: Deps, request: api.HoldCourseRequest, call: Call): Promise<Uint8Array> {
  const hub = hubOfCaller(call.caller);
  if (hub === undefined) throw hubNotFound(call.caller.name);
  const answerTime = readAnswerTime(request.answerTime);
  const plan = readPlan(request.plan);
  const respond = courseResponder(api.HoldCourseResponseSchema);
  const command = toCommand(api.HoldCourseRequestSchema, { request, call }, respond);
  const own = {
    sendingParty: undefined,
    round: 0,
    priority: priorities[request.priority] ?? "ROUTINE",
  };
  const override = request.override === "" ? {} : { override: request.override };
  const asked = { id: deps.newId(), hub, ...own, plan, answerTime, ...override };
  return holdForHub(deps, asked, command);
}

/** How soon a course is needed, as the wire has it. */
export const priorities: Readonly<Record<CoursePriority, Priority>> = {
  [CoursePriority.UNSPECIFIED]: "ROUTINE",
  [CoursePriority.ROUTINE]: "ROUTINE",
  [CoursePriority.URGENT]: "URGENT",
  [CoursePriority.EMERGENCY]: "EMERGENCY",
};

function readStay({ stay, firstDate, days }: api.ActualStay, index: number): ActualStay {
  const first = readDate(firstDate, `stays[${index}].first_date`);
  return { stay, firstDate: first, lastDate: first.add({ days: days - 1 }) };
}
