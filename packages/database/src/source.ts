import { createHash } from "node:crypto";

/** A wake-up of an aggregate: at most one per aggregate and kind; setting it again moves it. */
export type Due = {
  readonly aggregate: string;
  readonly kind: string;
  readonly dueAt: Temporal.Instant;
};

/** A command of a caller. Make it with `requestSource`. */
export type RequestSource = {
  readonly kind: "request";
  /** `Caller.name`: request ids of different callers never meet. */
  readonly caller: string;
  readonly requestId: string;
  readonly method: string;
  readonly bodyHash: Uint8Array;
};

/** An event of another service, as one consumer of ours sees it. */
export type MessageSource = {
  readonly kind: "message";
  /** The consumer's own name, such as `capacity.cases`; its `seen` rows are its alone. */
  readonly consumer: string;
  readonly topic: string;
  /** The source's aggregate, `referrals/{uuid}`. */
  readonly aggregate: string;
  /** The event's revision: every event of an aggregate adds exactly one, the first is 1. */
  readonly revision: number;
  /** The event's id (`ce_id`), kept in the rows of the events that follow from it. */
  readonly eventId?: string;
  /** The trace in which the event was told, kept likewise. */
  readonly traceId?: string;
};

/** A due row that the sweeper raised. */
export type DueSource = { readonly kind: "due"; readonly due: Due };

/** What makes a change happen at most once: it is used up in the commit of its effects. */
export type Source = RequestSource | MessageSource | DueSource;

/**
 * The source of a gRPC command. `body` is the request in deterministic bytes (protobuf-es' toBinary
 * of a parsed request); together with the method it tells a repeat from a reused request id, so the
 * same id for another aggregate, method or body fails with REQUEST_ID_REUSED.
 */
export function requestSource(request: {
  readonly caller: string;
  readonly requestId: string;
  readonly method: string;
  readonly body: Uint8Array;
}): RequestSource {
  const { caller, requestId, method, body } = request;
  const bodyHash = createHash("sha256").update(method).update("\0").update(body).digest();
  return { kind: "request", caller, requestId, method, bodyHash };
}
