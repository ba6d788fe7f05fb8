import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as api from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Deps } from "../app/capacity-app.ts";
import { extendHold } from "../app/extend-hold.ts";
import { interruptCourse } from "../app/interrupt-course.ts";
import { type MovedView, moveCourse } from "../app/move-course.ts";
import { postponeSession } from "../app/postpone-session.ts";
import { resumeCourse } from "../app/resume-course.ts";
import type { MoveWindow } from "../domain/course-move.ts";
import { parseCourseName } from "../domain/names.ts";
import type { PostponeReason } from "../domain/postpone.ts";
import { readDate } from "../wire/basics.ts";
import { toWireChange } from "../wire/course-move.ts";
import { toCommand } from "./commands.ts";
import { courseCommand } from "./course-command.ts";
import { toWireCourse } from "./course-message.ts";

/** The API of changes of a course: other times, a longer hold, an interruption. */
export function implementCourseChangeService(deps: Deps): Implementation {
  return implement(api.CourseChangeService, {
    moveCourse: (request, call) => {
      const { reason, dryRun, etag } = request;
      return moveCourse(deps, {
        ...toCommand(api.MoveCourseRequestSchema, { request, call }, movedResponse),
        ...{ id: parseCourseName(request.name), etag, reason, dryRun },
        window: readWindow(request),
      });
    },
    extendHold: (request, call) =>
      extendHold(deps, {
        ...courseCommand(api.ExtendHoldRequestSchema, api.ExtendHoldResponseSchema, {
          request,
          call,
        }),
        workingDays: request.workingDays,
      }),
    postponeSession: (request, call) => {
      const { number, reason, rebookByDate, etag } = request;
      const by = rebookByDate && { rebookByDate: readDate(rebookByDate, "rebook_by_date") };
      return postponeSession(deps, {
        ...toCommand(api.PostponeSessionRequestSchema, { request, call }, postponedResponse),
        ...{ id: parseCourseName(request.name), etag },
        postponement: { number, reason: reason as PostponeReason, ...by },
      });
    },
    interruptCourse: (request, call) =>
      interruptCourse(deps, {
        ...courseCommand(api.InterruptCourseRequestSchema, api.InterruptCourseResponseSchema, {
          request,
          call,
        }),
        interruption: {
          reason: request.reason,
          sinceDate: readDate(request.sinceDate, "since_date"),
          releaseStays: request.releaseStays,
        },
      }),
    resumeCourse: (request, call) =>
      resumeCourse(deps, {
        ...courseCommand(api.ResumeCourseRequestSchema, api.ResumeCourseResponseSchema, {
          request,
          call,
        }),
        window: {
          notBeforeDate: readDate(request.readyDate, "ready_date"),
          notAfterDate: readDate(request.dueDate, "due_date"),
        },
        acceptProlongation: request.acceptProlongation,
      }),
  });
}

function readWindow(request: api.MoveCourseRequest): MoveWindow {
  return {
    notBeforeDate: readDate(request.notBeforeDate, "not_before_date"),
    notAfterDate: readDate(request.notAfterDate, "not_after_date"),
  };
}

function movedResponse({ stored, changes }: MovedView): Uint8Array {
  const course = toWireCourse(stored);
  const init = { course, changes: changes.map(toWireChange) } satisfies MessageInitShape<
    typeof api.MoveCourseResponseSchema
  >;
  return toBinary(api.MoveCourseResponseSchema, create(api.MoveCourseResponseSchema, init));
}

function postponedResponse({ stored, changes }: MovedView): Uint8Array {
  const init = { course: toWireCourse(stored), changes: changes.map(toWireChange) };
  return toBinary(
    api.PostponeSessionResponseSchema,
    create(api.PostponeSessionResponseSchema, init),
  );
}
