import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  CareState,
  type ReferralSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import {
  ReferralService,
  SubmitReferralRequestSchema,
  SubmitReferralResponseSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import * as triage from "@carehub/contracts/gen/carehub/intake/v1/referral_triage_pb.ts";
import { type Implementation, implement } from "@carehub/grpc/serve";
import { must } from "@carehub/rules/fault";
import { etagOf } from "../app/change-referral.ts";
import type { IntakeApp } from "../app/intake-app.ts";
import { type CareState as CareStateName, careStates } from "../domain/case-terms.ts";
import { fromWirePlan } from "../wire/case-terms.ts";
import { toCaseEntry } from "./case-entry.ts";
import { toCommand, toReferralId } from "./command.ts";
import { toReferralMessage } from "./referral-message.ts";
import { nameOf, toDocumentInputs, toSubmitInput } from "./submit-input.ts";

type CancelReason = Parameters<IntakeApp["commands"]["cancel"]>[1];

/** The API of referrals: each handler reads its request, calls one use case and writes the reply. */
export function referralService(app: IntakeApp): Implementation {
  const { queries } = app;
  return implement(ReferralService, {
    submitReferral: (request, call) => {
      const schemas = { request: SubmitReferralRequestSchema, reply: SubmitReferralResponseSchema };
      return app.submit(toSubmitInput(request, call), toCommand(schemas, request, call));
    },
    getReferral: async ({ name }, { caller }) => {
      const stored = await queries.get(toReferralId(name), caller);
      return { referral: toReferralMessage(stored) };
    },
    listReferrals: async (request, { caller }) => {
      const { openOnly, placerNumber, pageSize: size, pageToken: token } = request;
      const query = { careState: toCareState(request.careState), openOnly, placerNumber };
      const page = await queries.list(query, { size, token }, caller);
      const referrals: MessageInitShape<typeof ReferralSchema>[] =
        page.entries.map(toReferralMessage);
      return { referrals, nextPageToken: page.nextToken };
    },
    getCaseTimeline: async ({ name, pageSize: size, pageToken: token }, { caller }) => {
      const page = await queries.timeline(toReferralId(name), { size, token }, caller);
      const entries = page.entries.map((entry) => toCaseEntry(entry));
      return { entries, nextPageToken: page.nextToken };
    },
    listAvailableActions: async ({ name }, { caller }) => {
      const { actions, revision } = await queries.actions(toReferralId(name), caller);
      const told = actions.map(({ action, blocker }) => ({
        action,
        allowed: blocker === undefined,
        blockingReason: blocker?.reason ?? "",
        unblockedBy: blocker?.unblockedBy ?? "",
      }));
      return { actions: told, etag: etagOf(revision) };
    },
    pullCaseEvents: async ({ cursor, maxWait, pageSize: size }, call) => {
      const asked = Number(maxWait?.seconds ?? 0n) * 1_000 + (maxWait?.nanos ?? 0) / 1_000_000;
      const waitMs = Math.max(0, Math.min(asked, call.remainingMs() - answerMs));
      const query = { cursor: BigInt(cursor || 0), size, waitMs, signal: call.signal };
      const pulled = await app.pull(query, call.caller);
      const entries = pulled.events.map((event) => toCaseEntry(event, event.number));
      return { entries, nextCursor: `${pulled.cursor}` };
    },
    ...commandHandlers(app),
  });
}

// What is left of the deadline for reading and sending the answer.
const answerMs = 250;

type Handlers = Parameters<typeof implement<typeof ReferralService>>[1];
type CommandHandlers = Pick<
  Handlers,
  | "acceptReferral"
  | "rejectReferral"
  | "returnReferral"
  | "requestInformation"
  | "provideInformation"
  | "cancelReferral"
>;

function commandHandlers({ commands }: IntakeApp): CommandHandlers {
  return {
    acceptReferral: (request, call) => {
      const plan = fromWirePlan(must(request.plan, "validation requires the plan"));
      return commands.accept(toReferralId(request.name), plan, toCommand(accept, request, call));
    },
    rejectReferral: (request, call) =>
      commands.reject(toReferralId(request.name), request, toCommand(reject, request, call)),
    returnReferral: (request, call) =>
      commands.returnReferral(toReferralId(request.name), request, toCommand(back, request, call)),
    requestInformation: (request, call) =>
      commands.requestInformation(
        toReferralId(request.name),
        request,
        toCommand(ask, request, call),
      ),
    provideInformation: (request, call) => {
      const given = { documents: toDocumentInputs(request.documents), note: request.note };
      const command = toCommand(provide, request, call);
      return commands.provideInformation(toReferralId(request.name), given, command);
    },
    cancelReferral: (request, call) => {
      // Validation lets through only these.
      const reason = request.reason as CancelReason;
      return commands.cancel(toReferralId(request.name), reason, toCommand(cancel, request, call));
    },
  };
}

const accept = {
  request: triage.AcceptReferralRequestSchema,
  reply: triage.AcceptReferralResponseSchema,
};
const reject = {
  request: triage.RejectReferralRequestSchema,
  reply: triage.RejectReferralResponseSchema,
};
const back = {
  request: triage.ReturnReferralRequestSchema,
  reply: triage.ReturnReferralResponseSchema,
};
const ask = {
  request: triage.RequestInformationRequestSchema,
  reply: triage.RequestInformationResponseSchema,
};
const provide = {
  request: triage.ProvideInformationRequestSchema,
  reply: triage.ProvideInformationResponseSchema,
};
const cancel = {
  request: triage.CancelReferralRequestSchema,
  reply: triage.CancelReferralResponseSchema,
};

function toCareState(state: CareState): CareStateName | undefined {
  const name = nameOf(CareState, state);
  return careStates.find((known) => known === name);
}
