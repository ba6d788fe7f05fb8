import type { ServerUnaryCall } from "@grpc/grpc-js";
import { type Identity, readIdentity, requireUnexpired } from "./identity.ts";

type Authenticated = Pick<ServerUnaryCall<any, any>, "getAuthContext">;

/**
 * Makes the reader of a call's identity. A connection's certificate never changes, and reading it
 * costs as much as a third of a call, so it is read once per connection. grpc-js does not name the
 * connection in its API; where its inside has changed, the certificate is read at each call.
 */
export function identityReader(trustDomain: string): (call: Authenticated) => Identity {
  const known = new WeakMap<object, Identity>();
  const read = (call: Authenticated): Identity =>
    readIdentity(call.getAuthContext().sslPeerCertificate, trustDomain);
  return (call) => {
    const session = sessionOf(call);
    const identity = (session && known.get(session)) ?? read(call);
    if (session) known.set(session, identity);
    requireUnexpired(identity, Date.now());
    return identity;
  };
}

function sessionOf(call: any): object | undefined {
  const session = call.call?.stream?.session;
  return typeof session === "object" && session !== null ? session : undefined;
}
