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
  /** When the answer must be there, less what the server needs to send it. */
  readonly deadline: Temporal.Instant;
  /** Milliseconds until the deadline; negative after it. */
  remainingMs(): number;
  /** Aborts at the deadline, or when the caller gives up. */
  readonly signal: AbortSignal;
};

/** What of grpc-js's call the deadline needs. */
export type CancellableCall = Pick<EventEmitter, "on"> & { readonly cancelled: boolean };

/** A call under way; the instant and the signal are made only when a handler asks for them. */
export class RunningCall implements Call {
  readonly caller: Caller;
  readonly spiffeId: string;
  readonly method: string;
  readonly traceId: string;
  readonly #deadlineMs: number;
  readonly #source: CancellableCall;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    facts: Pick<Call, "caller" | "spiffeId" | "method" | "traceId">,
    deadlineMs: number,
    source: CancellableCall,
  ) {
    this.caller = facts.caller;
    this.spiffeId = facts.spiffeId;
    this.method = facts.method;
    this.traceId = facts.traceId;
    this.#deadlineMs = deadlineMs;
    this.#source = source;
  }

  get deadline(): Temporal.Instant {
    return Temporal.Instant.fromEpochMilliseconds(Math.floor(this.#deadlineMs));
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#arm(new AbortController());
    return this.#controller.signal;
  }

  remainingMs(): number {
    return this.#deadlineMs - Date.now();
  }

  /**
   * Why the call is over for its caller although its handler may still run; undefined while it is
   * not.
   */
  endedBy(): "DEADLINE_EXCEEDED" | "CANCELLED" | undefined {
    if (this.remainingMs() <= 0) return "DEADLINE_EXCEEDED";
    return this.#source.cancelled ? "CANCELLED" : undefined;
  }

  /** True when grpc-js has ended the call already, so that no answer reaches the caller. */
  get isAbandoned(): boolean {
    return this.#source.cancelled;
  }

  /** Lets go of the timer; called once, when the handler has ended. */
  settle(): void {
    clearTimeout(this.#timer);
  }

  #arm(controller: AbortController): AbortController {
    const abort = (): void => controller.abort();
    this.#timer = setTimeout(abort, Math.max(0, this.remainingMs()));
    this.#source.on("cancelled", abort);
    if (this.#source.cancelled) abort();
    return controller;
  }
}
