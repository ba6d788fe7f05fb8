import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { Tls } from "@carehub/grpc/tls";
import { status } from "@grpc/grpc-js";
import type { Door } from "./raw-caller.ts";

const answerMsMax = 20_000;

/** A call as it goes onto the wire: nothing of it needs to be right. */
export type WireCall = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: readonly Uint8Array[];
  /** False: the stream is cut after the body, as by a caller that dies. */
  readonly ends: boolean;
  /** True where answers may come without end: the first of them says that the call was taken. */
  readonly streams?: boolean;
};

/** How it ended: a status of gRPC, `HTTP 415`, `RESET` or `SILENCE`. */
export type WireEnd = string;

/** A connection of one identity that is made anew whenever the server gave it up. */
export type Wire = {
  readonly send: (call: WireCall) => Promise<WireEnd>;
  readonly close: () => void;
};

/** Opens HTTP/2 with mutual TLS, and nothing of gRPC above it. */
export function openWire({ address, serverName }: Door, { ca, cert, key }: Tls): Wire {
  let session: ClientHttp2Session | undefined;
  const current = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    session = connect(`https://${address}`, { ca, cert, key, servername: serverName });
    session.on("error", () => undefined); // Its streams tell.
    return session;
  };
  return {
    send: (call) => send(current(), call),
    close: () => session?.destroy(),
  };
}

/** The headers of a usual call of a method, to be bent. */
export function headersOf(path: string): Record<string, string> {
  return {
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": "10S",
  };
}

function send(session: ClientHttp2Session, call: WireCall): Promise<WireEnd> {
  const { promise, resolve } = Promise.withResolvers<WireEnd>();
  let end: WireEnd = "RESET";
  let stream: ClientHttp2Stream;
  try {
    stream = session.request({ ...call.headers }, { endStream: false });
  } catch {
    return Promise.resolve("RESET"); // The server took leave between two calls.
  }
  const limit = setTimeout(() => {
    end = "SILENCE";
    stream.close(constants.NGHTTP2_CANCEL);
  }, answerMsMax);
  const note = (headers: NodeJS.Dict<unknown>): void => {
    const told = headers["grpc-status"];
    const http = Number(headers[":status"] ?? 200);
    if (told !== undefined) end = status[Number(told)] ?? `STATUS ${String(told)}`;
    else if (http !== 200) end = `HTTP ${http}`;
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("error", () => undefined); // "close" follows.
  stream.on("close", () => {
    clearTimeout(limit);
    resolve(end);
  });
  if (call.streams === true) {
    stream.once("data", () => {
      end = "OK";
      stream.close(constants.NGHTTP2_CANCEL);
    });
  }
  stream.resume();
  for (const piece of call.body) stream.write(piece);
  if (call.ends) stream.end();
  else setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
  return promise;
}
