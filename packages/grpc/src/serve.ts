import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from "@bufbuild/protobuf";
import { assert } from "@carehub/rules/fault";
import type { Logger } from "@carehub/runtime/logging";
import { gauge } from "@carehub/runtime/meters";
import {
  logVerbosity,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerOptions,
  setLogVerbosity,
  type UntypedHandleCall,
} from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { boundCalls } from "./bounded-calls.ts";
import type { Call } from "./call.ts";
import type { AnyHandler, RateLimit, ServerContext } from "./chain.ts";
import { definitionOf, isServerStreaming, isUnary, nameOf, type Response } from "./definition.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { liveStreams } from "./live-streams.ts";
import { mergeReasons, type Reasons } from "./reasons.ts";
import { identityReader } from "./session-identity.ts";
import { streamHandler } from "./stream.ts";
import type { Tls } from "./tls.ts";
import { unaryHandler } from "./unary.ts";

const forceAfterDrainMs = 250;

/** Answers one unary method; it may also give back the bytes of an answer that it gave before. */
export type Handler<Input extends DescMessage, Output extends DescMessage> = (
  request: MessageShape<Input>,
  call: Call,
) => Promise<Response<Output>> | Response<Output>;

/**
 * Answers one server-streaming method, one message after the other: the next is asked for when the caller's connection
 * has taken the last. It ends when the call's signal aborts; what it holds it lets go of in `finally`.
 */
export type StreamHandler<Input extends DescMessage, Output extends DescMessage> = (
  request: MessageShape<Input>,
  call: Call,
) => AsyncIterable<Response<Output>>;

/** One handler for each method of a service. */
export type Handlers<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: Service["method"][Name] extends DescMethodUnary<
    infer Input,
    infer Output
  >
    ? Handler<Input, Output>
    : Service["method"][Name] extends DescMethodServerStreaming<infer Input, infer Output>
      ? StreamHandler<Input, Output>
      : never;
};

/** A service with its handlers, as `serve` takes it. */
export type Implementation = {
  readonly service: DescService;
  readonly handlers: Readonly<Record<string, AnyHandler>>;
};

/** Ties handlers to a service's descriptor; a missing or superfluous one does not compile. */
export function implement<Service extends DescService>(
  service: Service,
  handlers: Handlers<Service>,
): Implementation {
  return { service, handlers: handlers as Implementation["handlers"] };
}

/** What a gRPC server needs. The name is that of the service: errors come from `{name}.carehub`. */
export type ServeOptions = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: Tls;
  readonly trustDomain: string;
  readonly services: readonly Implementation[];
  readonly reasons: Reasons;
  readonly logger: Logger;
  readonly rateLimit?: RateLimit;
  readonly limits?: Partial<Limits>;
};

/** A server that listens. `close` takes no new calls, ends the streams, waits for the running calls, then cuts. */
export type GrpcServer = { readonly port: number; readonly close: () => Promise<void> };

/**
 * Listens with mutual TLS and puts every method behind the chain. A method without a rule of
 * access, without a handler, or to which its caller streams is an error here. `grpc.health.v1` answers any
 * certificate of the authority.
 */
export async function serve(options: ServeOptions): Promise<GrpcServer> {
  // It would write what a caller sent, headers whole, into our log.
  setLogVerbosity(logVerbosity.NONE);
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const bounded = boundCalls(limits);
  const server = new Server({ ...serverOptions(limits), interceptors: [bounded.interceptor] });
  const context: ServerContext = {
    error: { domain: `${options.name}.carehub`, reasons: mergeReasons(options.reasons) },
    limits,
    logger: options.logger,
    identify: identityReader(options.trustDomain),
    rateLimit: options.rateLimit,
    inFlight: 0,
    streams: liveStreams(limits),
  };
  for (const implementation of options.services) addService(server, implementation, context);
  const health = new HealthImplementation();
  const served = ["", ...options.services.map(({ service }) => service.typeName)];
  for (const name of served) health.setStatus(name, "SERVING");
  health.addToServer(server);
  const port = await listen(server, options, limits);
  const stopGauges = watchCounts(context);
  return {
    port,
    close: async () => {
      for (const name of served) health.setStatus(name, "NOT_SERVING");
      context.streams.stop();
      await drain(server, `${options.host}:${port}`, limits.drainMs);
      bounded.close();
      stopGauges();
    },
  };
}

function addService(server: Server, implementation: Implementation, context: ServerContext): void {
  const { service, handlers } = implementation;
  const definition: Record<string, MethodDefinition<Buffer, Buffer>> = {};
  const chained: Record<string, UntypedHandleCall> = {};
  for (const method of service.methods) {
    const handler = handlers[method.localName];
    assert(handler !== undefined, `${nameOf(method)} has a handler`);
    definition[method.localName] = definitionOf(method);
    if (isUnary(method)) chained[method.localName] = unaryHandler(method, handler, context);
    else {
      assert(isServerStreaming(method), `${nameOf(method)} takes one message`);
      chained[method.localName] = streamHandler(method, handler, context);
    }
  }
  server.addService(definition, chained);
}

function watchCounts(context: ServerContext): () => void {
  const stops = [
    gauge(
      { name: "carehub.grpc.server.in_flight", description: "Calls in handlers now." },
      () => context.inFlight,
    ),
    gauge(
      { name: "carehub.grpc.server.streams", description: "Streams that are open now." },
      context.streams.count,
    ),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function serverOptions(limits: Limits): ServerOptions {
  return {
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": limits.receiveBytesMax,
    "grpc.max_send_message_length": limits.sendBytesMax,
    "grpc.max_concurrent_streams": limits.streamsPerConnectionMax,
    "grpc-node.max_session_memory": limits.connectionMegabytesMax,
    "grpc.max_connection_idle_ms": limits.connectionIdleMs,
    "grpc.keepalive_time_ms": limits.keepaliveMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
    "grpc.max_connection_age_ms": limits.connectionAgeMs,
    "grpc.max_connection_age_grace_ms": limits.connectionAgeGraceMs,
  };
}

function listen(server: Server, at: ServeOptions, limits: Limits): Promise<number> {
  const { host, port, tls } = at;
  const pair = { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) };
  const credentials = ServerCredentials.createSsl(Buffer.from(tls.ca), [pair], true);
  limitHandshake(credentials, limits.handshakeMs);
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, bound) => {
      if (error !== null) return reject(error);
      limitConnections(server, limits.connectionsMax);
      resolve(bound);
    });
  });
}

/** Node waits two minutes for a handshake, and grpc-js has no option for it. */
function limitHandshake(credentials: any, handshakeMs: number): void {
  const usual = credentials._getConstructorOptions();
  assert(usual !== undefined, "grpc-js asks its credentials for the options of the TLS server");
  credentials._getConstructorOptions = () => ({ ...usual, handshakeTimeout: handshakeMs });
}

/** Each connection costs some 50 KB and a handshake; grpc-js takes any number. */
function limitConnections(server: any, connectionsMax: number): void {
  const listening = [...server.http2Servers.keys()];
  assert(listening.length > 0, "grpc-js keeps its HTTP/2 servers by themselves");
  for (const each of listening) each.maxConnections = connectionsMax;
}

/**
 * `drain` first: it cuts the connections that it closed itself. A handshake that ends meanwhile opens one more, which
 * only the force after it closes: behind a proxy, whose checks connect all the time, that happens.
 */
function drain(server: Server, address: string, drainMs: number): Promise<void> {
  server.drain(address, drainMs);
  const force = setTimeout(() => server.forceShutdown(), drainMs + forceAfterDrainMs);
  return new Promise((resolve, reject) => {
    server.tryShutdown((error) => {
      clearTimeout(force);
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
