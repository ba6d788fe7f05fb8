import { Server, ServerCredentials } from "@grpc/grpc-js";
import { answerCommands, type Commands } from "../instruments/commands.ts";

/** What an echo server needs: its certificate, the path that it serves, and the answer's bytes. */
export type EchoStart = {
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly path: string;
  readonly answer: Uint8Array;
};

const sameBytes = (bytes: Buffer): Buffer => bytes;

/** The library alone: the same TLS with client certificates, bytes in, bytes out. */
function start({ tls, path, answer }: EchoStart): Promise<number> {
  const server = new Server({ "grpc.enable_channelz": 0 });
  const reply = Buffer.from(answer);
  const method = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: sameBytes,
    requestDeserialize: sameBytes,
    responseSerialize: sameBytes,
    responseDeserialize: sameBytes,
  } as const;
  server.addService(
    { echo: method },
    { echo: (_call: unknown, respond: Respond) => respond(null, reply) },
  );
  const pair = { private_key: tls.key, cert_chain: tls.cert };
  const credentials = ServerCredentials.createSsl(tls.ca, [pair], true);
  return new Promise((resolve, reject) => {
    server.bindAsync("localhost:0", credentials, (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}

type Respond = (error: null, reply: Buffer) => void;

const commands = { start } satisfies Commands;

export type EchoCommands = typeof commands;

answerCommands(commands);
