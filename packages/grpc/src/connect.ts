import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { assert } from "@carehub/rules/fault";
import {
  type ChannelCredentials,
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { CallError, toCallError } from "./call-error.ts";
import { isServerStreaming, isUnary, nameOf, pathOf } from "./definition.ts";
import { traceIdKey } from "./errors.ts";
import { type RetryBudget, retryBudget } from "./retry-budget.ts";
import { type OpenStream, streamCaller } from "./stream-client.ts";
import type { Tls } from "./tls.ts";

const deadlineMsDefault = 5_000;
const attemptsMaxDefault = 4;
const backoffMs = 50;
const backoffMsMax = 1_000;
const reconnectMsMin = 100;
const reconnectMsMax = 2_000;
const keepaliveMs = 30_000;
const keepaliveTimeoutMs = 10_000;
const responseBytesMax = 4_194_304;

/** Where and as whom to call. */
export type ConnectOptions = {
  /** `host:port`; where the host is an IP address the certificate must name `localhost`. */
  readonly address: string;
  readonly tls: Tls;
  /** The name that the server's certificate must hold, where it is not the host. */
  readonly serverName?: string;
  readonly deadlineMs?: number;
  /** How often one call is sent at most; only an UNAVAILABLE one is sent again. */
  readonly attemptsMax?: number;
  /** Wait for the server within the deadline, instead of failing while it is not there. */
  readonly waitForReady?: boolean;
};

/** What one call may have of its own. */
export type CallOptions = {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Told with every answer that is there, good or not. */
  readonly onTraceId?: (traceId: string) => void;
};

type Methods<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Service["method"][Name] extends DescMethodUnary<
    infer Input,
    infer Output
  >
    ? (request: MessageInitShape<Input>, options?: CallOptions) => Promise<MessageShape<Output>>
    : Service["method"][Name] extends DescMethodServerStreaming<infer Input, infer Output>
      ? OpenStream<Input, Output>
      : never;
};

/** A client: one function for each method. A failed call throws a CallError. */
export type ServiceClient<Service extends DescService> = Methods<Service> & {
  /** Resolves when the server answers the handshake; throws after the given time. */
  readonly waitUntilReady: (limitMs: number) => Promise<void>;
  readonly close: () => void;
};

/**
 * Makes a client that connects by need and again after a loss. The same bytes, and so the same
 * request id, are sent again when the server is UNAVAILABLE, within the deadline and a budget that
 * keeps retries a small part of all calls.
 */
export function connect<Service extends DescService>(
  service: Service,
  options: ConnectOptions,
): ServiceClient<Service> {
  const client = new Client(options.address, credentialsOf(options.tls), clientOptions(options));
  const budget = retryBudget();
  const methods: Record<string, unknown> = {
    waitUntilReady: (limitMs: number) => waitUntilReady(client, limitMs),
    close: () => client.close(),
  };
  for (const method of service.methods) {
    assert(!(method.localName in methods), `${nameOf(method)} has a name of its own`);
    if (isUnary(method)) methods[method.localName] = caller({ client, method, options, budget });
    else if (isServerStreaming(method)) {
      methods[method.localName] = streamCaller(client, method, options);
    }
  }
  return methods as ServiceClient<Service>;
}

type Line = {
  readonly client: Client;
  readonly method: DescMethodUnary;
  readonly options: ConnectOptions;
  readonly budget: RetryBudget;
};

function caller(line: Line) {
  const { method, options, budget } = line;
  const attemptsMax = options.attemptsMax ?? attemptsMaxDefault;
  return async (
    request: MessageInitShape<DescMessage>,
    callOptions: CallOptions = {},
  ): Promise<unknown> => {
    const bytes = Buffer.from(toBinary(method.input, create(method.input, request)));
    const deadline =
      Date.now() + (callOptions.deadlineMs ?? options.deadlineMs ?? deadlineMsDefault);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const answer = await send(line, bytes, { ...callOptions, deadline });
        budget.succeeded();
        return answer;
      } catch (error) {
        if (!(error instanceof CallError) || error.code !== "UNAVAILABLE") throw error;
        const waitMs = Math.max(error.retryAfterMs ?? 0, backoff(attempt));
        const isPossible = attempt < attemptsMax && Date.now() + waitMs < deadline;
        if (!budget.failed() || !isPossible) throw error;
        await pause(waitMs, callOptions.signal, error);
      }
    }
  };
}

function send(
  { client, method, options }: Line,
  bytes: Buffer,
  { deadline, signal, onTraceId }: CallOptions & { readonly deadline: number },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const metadata = new Metadata({ waitForReady: options.waitForReady ?? false });
  const finish = (error: ServiceError | null, answer?: unknown): void => {
    signal?.removeEventListener("abort", cancel);
    if (error === null) {
      resolve(answer);
      return;
    }
    const callError = toCallError(nameOf(method), error);
    if (callError.traceId !== "") onTraceId?.(callError.traceId);
    reject(callError);
  };
  const decode = (answer: Buffer): unknown => fromBinary(method.output, answer);
  const call = client.makeUnaryRequest(
    pathOf(method),
    (request: Buffer) => request,
    decode,
    bytes,
    metadata,
    { deadline },
    finish,
  );
  const cancel = (): void => call.cancel();
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  if (onTraceId) call.on("metadata", (received) => tellTraceId(received, onTraceId));
  return promise;
}

/** Waits before a retry; a caller that gives up meanwhile gets the failure that there was. */
async function pause(waitMs: number, signal: AbortSignal | undefined, failure: CallError) {
  await delay(waitMs, undefined, signal && { signal }).catch(() => Promise.reject(failure));
}

function tellTraceId(received: Metadata, onTraceId: (traceId: string) => void): void {
  const [traceId] = received.get(traceIdKey);
  if (typeof traceId === "string") onTraceId(traceId);
}

function waitUntilReady(client: Client, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + limitMs, (error) => (error ? reject(error) : resolve()));
  });
}

function backoff(attempt: number): number {
  return Math.min(backoffMsMax, backoffMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/** Node refuses an IP address as a TLS server name, and every call to it would be UNAVAILABLE. */
function clientOptions({ address, serverName }: ConnectOptions): ClientOptions {
  const host = address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
  const name = serverName ?? (isIP(host) === 0 ? undefined : "localhost");
  return {
    ...(name === undefined
      ? {}
      : { "grpc.ssl_target_name_override": name, "grpc.default_authority": name }),
    "grpc.enable_channelz": 0,
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.initial_reconnect_backoff_ms": reconnectMsMin,
    "grpc.max_reconnect_backoff_ms": reconnectMsMax,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
    "grpc.max_receive_message_length": responseBytesMax,
  };
}

const credentialsByTls = new WeakMap<Tls, ChannelCredentials>();

/**
 * The same credentials for the same key pair, so that clients of one address share a connection.
 */
function credentialsOf(tls: Tls): ChannelCredentials {
  const known = credentialsByTls.get(tls);
  if (known !== undefined) return known;
  const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((pem) => Buffer.from(pem as string));
  const made = credentials.createSsl(ca, key, cert);
  credentialsByTls.set(tls, made);
  return made;
}
