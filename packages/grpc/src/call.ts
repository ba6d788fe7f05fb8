import type { EventEmitter } from "node:events";
import type { Caller } from "@carehub/rules/caller";

/** What a handler knows of the call that it answers. */
export type Call = {
  readonly caller: Caller;
  /** The caller's whole identity. */
  readonly spiffeId: string;
  /** Full name of the method, `carehub.intake.v1.ReferralService/SubmitReferral`. */
  readonly method: string;
  readonly traceId: string;
  /** When the answer must be there, less what the server needs to send it; for a stream the end of its life. */
  readonly deadline: Temporal.Instant;
  /** Milliseconds until the deadline; negative after it. */
  remainingMs(): number;
  /** Aborts at the deadline, when the caller gives up, or when a server that stops ends the stream. */
  readonly signal: AbortSignal;
};

/** What of grpc-js's call the deadline needs. */
export type CancellableCall = Pick<EventEmitter, "on"> & { readonly cancelled: boolean };

/** Why a call is over although its handler has not ended. */
export type EndCause = "DEADLINE_EXCEEDED" | "CANCELLED" | "STREAM_EXPIRED" | "SERVER_STOPPING";

/** How long a call may last, and what it is told that lasts longer. */
export type CallBounds = {
  readonly deadlineMs: number;
  readonly lateCause: Extract<EndCause, "DEADLINE_EXCEEDED" | "STREAM_EXPIRED">;
};

/** A call under way; the instant and the signal are made only when a handler asks for them. */
export class RunningCall implements Call {
  readonly caller: Caller;
  readonly spiffeId: string;
  readonly method: string;
  readonly traceId: string;
  readonly #bounds: CallBounds;
  readonly #source: CancellableCall;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  // A timer may fire before the clock shows its time, by the part of a millisecond.
  #isLate = false;

  constructor(
    facts: Pick<Call, "caller" | "spiffeId" | "method" | "traceId">,
    bounds: CallBounds,
    source: CancellableCall,
  ) {
    this.caller = facts.caller;
    this.spiffeId = facts.spiffeId;
    this.method = facts.method;
    this.traceId = facts.traceId;
    this.#bounds = bounds;
    this.#source = source;
  }

  get deadline(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(this.#bounds.deadlineMs));
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#arm(new AbortController());
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#bounds.deadlineMs - Date.now();
  }

  /**
   * Why the call is over for its caller although its handler may still run; undefined while it is
   * not.
   */
  endedBy(): EndCause | undefined {
    if (this.#source.cancelled) return this.#lateCause() ?? "CANCELLED";
    return this.#stopped ? "SERVER_STOPPING" : this.#lateCause();
  }

  /** True when grpc-js has ended the call already, so that no answer reaches the caller. */
  get isAbandoned(): boolean {
    return this.#source.cancelled;
  }

  /** Ends the call because its server stops. */
  stop(): void {
    this.#stopped = true;
    this.#controller?.abort();
  }

  /** Lets go of the timer; called once, when the handler has ended. */
  settle(): void {
    clearTimeout(this.#timer);
  }

  #lateCause(): EndCause | undefined {
    return this.#isLate || this.remainingMs() <= 0 ? this.#bounds.lateCause : undefined;
  }

  #arm(controller: AbortController): AbortController {
    const abort = (): void => controller.abort();
    const endInTime = (): void => {
      this.#isLate = true;
      abort();
    };
    this.#timer = setTimeout(endInTime, Math.max(0, this.remainingMs()));
    this.#source.on("cancelled", abort);
    if (this.#source.cancelled || this.#stopped) abort();
    return controller;
  }
}
