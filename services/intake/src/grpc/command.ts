import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Actor as WireActor } from "@carehub/contracts/gen/carehub/type/v1/actor_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { requestSource } from "@carehub/grpc/request-source";
import type { Actor } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import { parseName, type Uuid } from "@carehub/rules/ids";
import type { Command } from "../app/change-referral.ts";
import { toReferralMessage } from "./referral-message.ts";

type Mutation = {
  readonly requestId: string;
  readonly actor?: WireActor | undefined;
  readonly etag?: string;
};

/** What a mutation brings beside its own fields: caller, source, actor, etag, and how its reply is written. */
export function toCommand<Request extends DescMessage>(
  { request: schema, reply }: { readonly request: Request; readonly reply: DescMessage },
  request: MessageShape<Request> & Mutation,
  call: Call,
): Command {
  return {
    caller: call.caller,
    source: requestSource(schema, request, call),
    actor: toActor(request.actor),
    etag: request.etag ?? "",
    reply: (stored) => {
      // Every mutation answers with the one field `referral`.
      const init = { referral: toReferralMessage(stored) } as MessageInitShape<DescMessage>;
      return toBinary(reply, create(reply, init));
    },
  };
}

/** The person who acts; absent parts stay absent. */
export function toActor(actor: WireActor | undefined): Actor {
  const { reference, role, onBehalfOf, signature } = must(actor, "validation requires the actor");
  return {
    reference,
    role,
    ...(onBehalfOf !== "" && { onBehalfOf }),
    ...(signature !== "" && { signature }),
  };
}

/** The uuid in `referrals/{uuid}`. */
export function toReferralId(name: string): Uuid {
  return parseName(name, "referrals", "name");
}
