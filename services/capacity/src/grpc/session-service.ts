import * as api from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import type { Deps } from "../app/capacity-app.ts";
import type { QueryDeps } from "../app/queries.ts";
import { recordSessions } from "../app/session-batch.ts";
import { correctRecord } from "../app/session-commands.ts";
import { listSessions, todayAt } from "../app/session-list.ts";
import { extendPatientStay } from "../app/stay-commands.ts";
import { parseCourseName } from "../domain/names.ts";
import { readDate, toWireDate } from "../wire/basics.ts";
import { toCommand } from "./commands.ts";
import { courseResponder } from "./course-message.ts";
import { pageSizeOf, readPageToken, writePageToken } from "./page-token.ts";
import { batchReplies, readEntry, toWireLine, writeBatchReply } from "./session-message.ts";

/** The API of the treatment floor: the day's list, and what is recorded of it. */
export function implementSessionService(deps: Deps & QueryDeps): Implementation {
  return implement(api.SessionService, {
    listSessions: async ({ hub, date, pageSize, pageToken }, { caller }) => {
      const day = date ? readDate(date, "date") : await todayAt(deps, caller, hub);
      const query = ["sessions", hub, day.toString()];
      const after = readPageToken(query, pageToken);
      const page = { size: pageSizeOf(pageSize), after };
      const { items, next } = await listSessions(deps, caller, { ...page, hub, date: day });
      const nextPageToken = writePageToken(query, next);
      return { sessions: items.map(toWireLine), nextPageToken, date: toWireDate(day) };
    },
    recordSessions: (request, call) =>
      recordSessions(deps, {
        ...toCommand(api.RecordSessionsRequestSchema, { request, call }, writeBatchReply),
        entries: request.entries.map(readEntry),
        replies: batchReplies,
      }),
    correctSession: (request, call) => {
      const respond = courseResponder(api.CorrectSessionResponseSchema);
      const { name, etag, number, reason } = request;
      return correctRecord(deps, {
        ...toCommand(api.CorrectSessionRequestSchema, { request, call }, respond),
        ...{ id: parseCourseName(name), etag, number, reason },
      });
    },
    extendStay: (request, call) => {
      const respond = courseResponder(api.ExtendStayResponseSchema);
      const { name, etag, stay, reason } = request;
      const lastDate = readDate(request.lastDate, "last_date");
      return extendPatientStay(deps, {
        ...toCommand(api.ExtendStayRequestSchema, { request, call }, respond),
        ...{ id: parseCourseName(name), etag, extension: { stay, lastDate, reason } },
      });
    },
  });
}
