import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import type { EchoStart } from "./grpc-echo-server.ts";

const messageHeadBytes = 5;
const headers = { ":status": 200, "content-type": "application/grpc" };

/** What Node's own HTTP/2 can do at most: a gRPC answer without a gRPC library. */
function start({ tls, answer }: EchoStart): Promise<number> {
  const head = Buffer.alloc(messageHeadBytes);
  head.writeUInt32BE(answer.length, 1);
  const body = Buffer.concat([head, answer]);
  const server = createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true });
  server.on("stream", (stream: ServerHttp2Stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => {
      stream.respond(headers, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(body);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "localhost", () => resolve((server.address() as AddressInfo).port));
  });
}

const commands = { start } satisfies Commands;

export type EchoCommands = typeof commands;

answerCommands(commands);
