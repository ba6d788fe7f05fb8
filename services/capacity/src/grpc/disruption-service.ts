import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import * as api from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { invalidField } from "@carehub/rules/ids";
import type { Deps } from "../app/capacity-app.ts";
import { disruptHub, type ToClose } from "../app/disrupt-hub.ts";
import { proposeClosure, type WantedClosure } from "../app/propose-closure.ts";
import * as commands from "../app/replan-commands.ts";
import type { ClosureWindow } from "../domain/closure-window.ts";
import type { StoredReplan } from "../domain/hub-replan.ts";
import { courseName, parseHubName } from "../domain/names.ts";
import { minuteOfText, readDate, readInstant, toWireMinute } from "../wire/basics.ts";
import { closureKinds, keyOf } from "../wire/hub-kinds.ts";
import { namedCommand, toCommand } from "./commands.ts";
import { pageSizeOf, readPageToken, writePageToken } from "./page-token.ts";
import { readReplanState, toWireReplan } from "./replan-message.ts";

/** The API for when things go wrong at a hub: closures, outages and the new plans that follow from them. */
export function implementDisruptionService(deps: Deps): Implementation {
  return implement(api.DisruptionService, {
    proposeClosure: async (request, { caller }) => {
      const windows = await proposeClosure(deps, readWanted(request), caller);
      return { windows: windows.map(toWireWindow) };
    },
    confirmClosure: (request, call) =>
      disruptHub(
        deps,
        { ...readPeriod(request), kind: keyOf(closureKinds, request.kind) },
        {
          ...toCommand(api.ConfirmClosureRequestSchema, { request, call }, confirmed),
          etag: request.etag,
        },
      ),
    reportOutage: (request, call) =>
      disruptHub(
        deps,
        {
          ...readPeriod(request),
          kind: "OUTAGE",
          ...(request.beam === "" ? {} : { beam: request.beam }),
        },
        { ...toCommand(api.ReportOutageRequestSchema, { request, call }, reported), etag: "" },
      ),
    getReplan: async ({ name }, { caller }) => {
      return { replan: toWireReplan(await commands.readOwnReplan(deps, name, caller)) };
    },
    listReplans: async ({ pageSize, pageToken, state }, { caller }) => {
      const query = ["replans", caller.name, String(state)];
      const after = readPageToken(query, pageToken);
      const size = pageSizeOf(pageSize);
      const page = { state: readReplanState(state), after, size };
      const { items, next } = await commands.listReplans(deps, page, caller);
      return {
        replans: items.map((stored) => toWireReplan(stored, { withMoves: false })),
        nextPageToken: writePageToken(query, next),
      };
    },
    approveReplan: (request, call) =>
      commands.approveReplan(
        deps,
        namedCommand(
          api.ApproveReplanRequestSchema,
          { request, call },
          responder(api.ApproveReplanResponseSchema),
        ),
      ),
    refreshReplan: (request, call) =>
      commands.refreshReplan(
        deps,
        namedCommand(
          api.RefreshReplanRequestSchema,
          { request, call },
          responder(api.RefreshReplanResponseSchema),
        ),
      ),
    withdrawReplan: (request, call) =>
      commands.withdrawReplan(
        deps,
        namedCommand(
          api.WithdrawReplanRequestSchema,
          { request, call },
          responder(api.WithdrawReplanResponseSchema),
        ),
      ),
  });
}

function responder<Schema extends DescMessage>(schema: Schema) {
  return (stored: StoredReplan): Uint8Array => {
    const init = { replan: toWireReplan(stored) } as unknown as MessageInitShape<Schema>;
    return toBinary(schema, create(schema, init));
  };
}

const confirmed = responder(api.ConfirmClosureResponseSchema);
const reported = responder(api.ReportOutageResponseSchema);

const closureDaysMax = 92;
const minutesOfDay = 1440;
const windowsDefault = 3;
const sessionsMax = 100;

function readPeriod(
  request: api.ConfirmClosureRequest | api.ReportOutageRequest,
): Omit<ToClose, "kind"> {
  const startAt = readInstant(request.startTime, "start_time");
  const endAt = readInstant(request.endTime, "end_time");
  const days = startAt.until(endAt).total("hours") / 24;
  if (days <= 0) throw invalidField("end_time", "is not after the start");
  if (days > closureDaysMax) throw invalidField("end_time", "is more than 92 days after the start");
  const { reason, resources } = request;
  return { hub: parseHubName(request.hub, "hub"), reason, resources, startAt, endAt };
}

function readWanted(request: api.ProposeClosureRequest): WantedClosure {
  const { hub, resources, minutes, start, latestStart, limit } = request;
  return {
    ...{ hub, resources, minutes },
    firstDate: readDate(request.firstDate, "first_date"),
    lastDate: readDate(request.lastDate, "last_date"),
    start: start === "" ? 0 : minuteOfText(start),
    latestStart: latestStart === "" ? minutesOfDay : minuteOfText(latestStart),
    limit: limit || windowsDefault,
  };
}

function toWireWindow({
  start,
  end,
  displaced,
}: ClosureWindow): MessageInitShape<typeof api.ClosureWindowSchema> {
  return {
    startTime: toWireMinute(start),
    endTime: toWireMinute(end),
    sessions: displaced.slice(0, sessionsMax).map((one) => ({
      course: courseName(one.course),
      number: one.number,
      startTime: toWireMinute(one.start),
      interruptionCategory: one.category ?? 0,
    })),
    sessionCount: displaced.length,
    courseCount: new Set(displaced.map(({ course }) => course)).size,
    category1Count: new Set(
      displaced.filter(({ category }) => category === 1).map(({ course }) => course),
    ).size,
  };
}
