import type { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import * as triage from "@carehub/contracts/gen/carehub/intake/v1/referral_triage_pb.ts";
import type { implement } from "@carehub/grpc/serve";
import { must } from "@carehub/rules/fault";
import type { IntakeApp } from "../app/intake-app.ts";
import { fromWirePlan } from "../wire/case-terms.ts";
import { fromOptionalDate, fromWireDate } from "../wire/times.ts";
import { toCommand, toReferralId } from "./command.ts";
import { toDocumentInputs } from "./submit-input.ts";

type CancelReason = Parameters<IntakeApp["commands"]["cancel"]>[1];
type Handlers = Parameters<typeof implement<typeof ReferralService>>[1];
type CommandHandlers = Pick<
  Handlers,
  | "acceptReferral"
  | "rejectReferral"
  | "returnReferral"
  | "redirectReferral"
  | "deferReferral"
  | "resumeReferral"
  | "requestInformation"
  | "provideInformation"
  | "cancelReferral"
>;

/** The handlers of the commands on a referral. */
export function commandHandlers({ commands }: IntakeApp): CommandHandlers {
  return {
    acceptReferral: (request, call) => {
      const plan = fromWirePlan(must(request.plan, "validation requires the plan"));
      return commands.accept(toReferralId(request.name), plan, toCommand(accept, request, call));
    },
    rejectReferral: (request, call) =>
      commands.reject(toReferralId(request.name), request, toCommand(reject, request, call)),
    returnReferral: (request, call) =>
      commands.returnReferral(toReferralId(request.name), request, toCommand(back, request, call)),
    redirectReferral: (request, call) =>
      commands.redirect(toReferralId(request.name), request, toCommand(redirect, request, call)),
    deferReferral: (request, call) =>
      commands.defer(toReferralId(request.name), request.reason, toCommand(defer, request, call)),
    resumeReferral: (request, call) => {
      const dates = {
        readyDate: fromWireDate(request.readyDate, "ready_date"),
        dueDate: fromOptionalDate(request.dueDate, "due_date"),
      };
      return commands.resume(toReferralId(request.name), dates, toCommand(resume, request, call));
    },
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
const redirect = {
  request: triage.RedirectReferralRequestSchema,
  reply: triage.RedirectReferralResponseSchema,
};
const defer = {
  request: triage.DeferReferralRequestSchema,
  reply: triage.DeferReferralResponseSchema,
};
const resume = {
  request: triage.ResumeReferralRequestSchema,
  reply: triage.ResumeReferralResponseSchema,
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
