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
import { type Implementation, implement } from "@carehub/grpc/serve";
import { etagOf } from "../app/change-referral.ts";
import type { IntakeApp } from "../app/intake-app.ts";
import { type CareState as CareStateName, careStates } from "../domain/case-terms.ts";
import { toCaseEntry } from "./case-entry.ts";
import { toCommand, toReferralId } from "./command.ts";
import { commandHandlers } from "./referral-commands.ts";
import { toReferralMessage } from "./referral-message.ts";
import { nameOf, toSubmitInput } from "./submit-input.ts";

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
      const told = actions.map(({ service, action, blocker }) => ({
        action,
        allowed: blocker === undefined,
        blockingReason: blocker?.reason ?? "",
        blockingMetadata: { ...blocker?.metadata },
        unblockedBy: blocker?.unblockedBy ?? "",
        method: `${serviceNames[service]}/${action}`,
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

const serviceNames = {
  intake: "carehub.intake.v1.ReferralService",
  capacity: "carehub.capacity.v1.CourseService",
  changes: "carehub.capacity.v1.CourseChangeService",
  sessions: "carehub.capacity.v1.SessionService",
  billing: "carehub.billing.v1.AccountService",
} as const;

// What is left of the deadline for reading and sending the answer.
const answerMs = 250;

function toCareState(state: CareState): CareStateName | undefined {
  const name = nameOf(CareState, state);
  return careStates.find((known) => known === name);
}
