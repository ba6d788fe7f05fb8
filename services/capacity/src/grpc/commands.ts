import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Actor as WireActor } from "@carehub/contracts/gen/carehub/type/v1/actor_pb.ts";
import type { Call } from "@carehub/grpc/call";
import { requestSource } from "@carehub/grpc/request-source";
import type { Actor } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import type { Command } from "../app/capacity-app.ts";

type Mutation = { readonly requestId: string; readonly actor?: WireActor | undefined };

/** A request that changes what it names. */
export type NamedMutation = Mutation & { readonly name: string; readonly etag: string };

/** What every command needs of its call and request; `respond` writes the reply that a repeat gets again. */
export function toCommand<Schema extends DescMessage, View>(
  schema: Schema,
  { request, call }: { request: MessageShape<Schema> & Mutation; call: Call },
  respond: (view: View) => Uint8Array,
): Command<View> {
  return {
    caller: call.caller,
    source: requestSource(schema, request, call),
    actor: readActor(must(request.actor, "validation requires the actor")),
    respond,
  };
}

/** What every command on something that has a name and an etag needs. */
export function namedCommand<Schema extends DescMessage, View>(
  schema: Schema,
  { request, call }: { request: MessageShape<Schema> & NamedMutation; call: Call },
  respond: (view: View) => Uint8Array,
): Command<View> & { readonly name: string; readonly etag: string } {
  const { name, etag } = request;
  return { ...toCommand(schema, { request, call }, respond), name, etag };
}

function readActor({ reference, role, onBehalfOf, signature }: WireActor): Actor {
  return {
    reference,
    role,
    ...(onBehalfOf === "" ? {} : { onBehalfOf }),
    ...(signature === "" ? {} : { signature }),
  };
}
