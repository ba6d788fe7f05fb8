import { connect as connectHttp2 } from "node:http2";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type WatchCapacityResponseSchema,
  WatchService,
} from "@carehub/contracts/gen/carehub/capacity/v1/watch_service_pb.ts";
import { onTestFinished } from "vitest";
import type { Call } from "../src/call.ts";
import { connect } from "../src/connect.ts";
import { implement, type ServeOptions } from "../src/serve.ts";
import type { Tls } from "../src/tls.ts";
import { operationsWith, operatorTls, startServer } from "./harness.ts";

/** A message of the stream under test. */
export type Told = MessageInitShape<typeof WatchCapacityResponseSchema>;

export const hub = "hubs/astana-proton";

/** A server whose WatchCapacity is the given generator, beside the operations API. */
export function startStreaming(
  watchCapacity: (call: Call, request: { readonly cursor: string }) => AsyncIterable<Told>,
  options: Partial<ServeOptions> = {},
) {
  const watch = implement(WatchService, {
    watchCapacity: (request, call) => watchCapacity(call, request),
    watchCourses: async function* () {
      yield { cursor: "1" };
    },
  });
  return startServer({ services: [operationsWith(), watch], ...options });
}

/** A client of the stream, closed with its test; credentials of one object share a connection. */
export function watcherOf(address: string, tls: Tls) {
  const client = connect(WatchService, { address, tls });
  onTestFinished(() => client.close());
  return client;
}

/** Messages with their place, from a place on, for as long as they are asked for. */
export async function* counting(from = 1, to = Number.POSITIVE_INFINITY): AsyncGenerator<Told> {
  for (let place = from; place <= to; place += 1) yield { cursor: String(place) };
}

/** A stream that says one thing and then waits until its call ends. */
export async function* sayAndWait({ signal }: Call): AsyncGenerator<Told> {
  yield { cursor: "1" };
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

/** Reads to the end: the places of the messages, and what ended it. */
export async function readAll(stream: AsyncIterable<Told>) {
  const places: number[] = [];
  try {
    for await (const { cursor } of stream) places.push(Number(cursor));
    return { places, error: undefined };
  } catch (error) {
    return { places, error };
  }
}

/** Opens a stream and waits for its first message; `rest` reads what comes after. */
export async function opened(stream: AsyncIterable<Told>) {
  const iterator = stream[Symbol.asyncIterator]();
  const first = await iterator.next();
  const rest = () => readAll({ [Symbol.asyncIterator]: () => iterator });
  return { first: first.value?.cursor, rest, iterator };
}

/** The headers and the body of a call of the stream, for a client of HTTP/2 that reads as it likes. */
export const watchCall = {
  ":method": "POST",
  ":path": "/carehub.capacity.v1.WatchService/WatchCapacity",
  "content-type": "application/grpc",
  te: "trailers",
};
export const watchRequest = Buffer.concat([
  Buffer.from([0, 0, 0, 0, hub.length + 2, 0x0a, hub.length]),
  Buffer.from(hub),
]);

/** A connection of HTTP/2 that ends with its test. */
export function sessionTo(address: string) {
  const session = connectHttp2(`https://${address}`, { ...operatorTls, servername: "localhost" });
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}
