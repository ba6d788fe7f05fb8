import {
  CourseSearchService,
  type FindCoursesRequest,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_search_service_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { type FindDeps, type FindQuery, type FoundView, findCourses } from "../app/find-courses.ts";
import { readDate, toWireDate } from "../wire/basics.ts";
import { readAnswerTime, toWirePreparation, toWireSession } from "../wire/course-parts.ts";
import { priorities } from "./course-service.ts";

const limitDefault = 3;
/** What is left of the deadline for writing the answer. */
const answerMs = 20;

/** The API of searches for whole courses. */
export function implementCourseSearchService(deps: FindDeps): Implementation {
  return implement(CourseSearchService, {
    findCourses: async (request, call) => {
      const found = await findCourses(deps, toQuery(request), call.remainingMs() - answerMs);
      return {
        courses: found.courses.map(toWireFound),
        without: found.without.map((one) => ({ ...one })),
        asOf: found.asOf,
        searchTime: toTimestamp(found.searchAt),
      };
    },
  });
}

function toQuery(request: FindCoursesRequest): FindQuery {
  const { programme, templates, hubs, underAnaesthesia, statCategory, ageMonths } = request;
  const { answerTime } = request;
  return {
    ...{ programme, templates, hubs },
    plan: {
      phases: request.phases.map(({ phase, sessionCount }) => ({ phase, sessionCount })),
      stays: request.stays.map(({ stay, days }) => ({ stay, days })),
      readyDate: readDate(request.readyDate, "ready_date"),
      dueDate: readDate(request.dueDate, "due_date"),
      underAnaesthesia,
      ...(statCategory === 0 ? {} : { statCategory }),
      ...(ageMonths === undefined ? {} : { ageMonths }),
    },
    priority: priorities[request.priority] ?? "ROUTINE",
    ...(answerTime === undefined ? {} : { answerTime: readAnswerTime(answerTime) }),
    limit: request.limit === 0 ? limitDefault : request.limit,
  };
}

function toWireFound(found: FoundView) {
  const { hub, template, capacityVersion, overflowProbabilityPpm, urgentOnly } = found;
  return {
    ...{ hub, template, capacityVersion, overflowProbabilityPpm, urgentOnly },
    sessions: found.sessions.map(toWireSession),
    stays: found.stays.map(({ stay, pool, firstDate, lastDate }) => ({
      ...{ stay, pool },
      firstDate: toWireDate(firstDate),
      lastDate: toWireDate(lastDate),
    })),
    preparation: toWirePreparation(found),
    firstDate: toWireDate(found.firstDate),
    lastDate: toWireDate(found.lastDate),
    prolongationDays: found.prolongationDays ?? 0,
  };
}
