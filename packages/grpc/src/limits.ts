const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const mebibyte = 1_048_576;

/** The bounds of a server; each can be set at `serve`. */
export type Limits = {
  /** Largest request. No request of ours comes near it. */
  readonly receiveBytesMax: number;
  /** Largest response, what a client takes by default. */
  readonly sendBytesMax: number;
  /** Calls at a time on one connection. */
  readonly streamsPerConnectionMax: number;
  /** What one connection may keep of the process's memory: frames that came and were not read, or wait to be sent. */
  readonly connectionMegabytesMax: number;
  /** Connections at a time, of all callers; more are closed before a word is said. */
  readonly connectionsMax: number;
  /** How long a caller may take to show who it is. */
  readonly handshakeMs: number;
  /** A connection without a call is closed after this. */
  readonly connectionIdleMs: number;
  /** Calls at a time in all handlers of the process; more are told to come back. */
  readonly inFlightMax: number;
  /** Streams open at a time, of all callers; more are told to come back. */
  readonly openStreamsMax: number;
  /** Streams open at a time of one caller, over all its connections. */
  readonly openStreamsPerCallerMax: number;
  /** Longest life of a stream, whatever deadline it names; then it ends with STREAM_EXPIRED. */
  readonly streamLifeMaxMs: number;
  /** Longest life of a call, and the deadline of one that names none. */
  readonly deadlineMaxMs: number;
  /** What a server keeps of a deadline for its own answer; with less left it does not begin. */
  readonly deadlineReserveMs: number;
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  /** A connection is renewed after this, so that certificates and addresses are read again. */
  readonly connectionAgeMs: number;
  readonly connectionAgeGraceMs: number;
  /** How long `close` waits for running calls. */
  readonly drainMs: number;
};

export const defaultLimits: Limits = {
  receiveBytesMax: mebibyte,
  sendBytesMax: 4 * mebibyte,
  streamsPerConnectionMax: 256,
  connectionMegabytesMax: 32,
  connectionsMax: 1_024,
  handshakeMs: 5 * secondMs,
  connectionIdleMs: 10 * minuteMs,
  inFlightMax: 1_024,
  openStreamsMax: 512,
  openStreamsPerCallerMax: 16,
  streamLifeMaxMs: 10 * minuteMs,
  deadlineMaxMs: 30 * secondMs,
  deadlineReserveMs: 20,
  keepaliveMs: minuteMs,
  keepaliveTimeoutMs: 10 * secondMs,
  connectionAgeMs: 30 * minuteMs,
  // As long as a stream may live: a new connection takes the new calls meanwhile.
  connectionAgeGraceMs: 10 * minuteMs + 35 * secondMs,
  drainMs: 6 * secondMs,
};
