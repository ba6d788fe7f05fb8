import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema } from "@carehub/contracts/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "@carehub/contracts/gen/google/rpc/status_pb.ts";
import { must } from "@carehub/rules/fault";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import { type LatencySummary, makeLatency } from "../instruments/latency.ts";
import { type HoldKind, holdCall, holdHeaders } from "./hold-requests.ts";

/** Everybody wants the same on one day. */
export type Rush = {
  readonly port: number;
  readonly tls: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
  readonly kind: HoldKind;
  readonly day: number;
  readonly callers: number;
};

/** What all of them were told. */
export type RushReport = {
  readonly seconds: number;
  readonly held: number;
  /** How many were refused for a reason that names what is in the way, by reason and resource. */
  readonly refused: Readonly<Record<string, number>>;
  /** Every other answer, by its code. */
  readonly wrong: Readonly<Record<string, number>>;
  /** From the moment at which all of them wanted it. */
  readonly latency: LatencySummary;
};

const connectionsMax = 4;
const streamsMax = 250;

/** Sends them all at once, as many in flight as the server lets in; the others wait here, and their time counts. */
async function rush({ port, tls, kind, day, callers }: Rush): Promise<RushReport> {
  const options = { ...tls, servername: "localhost", ALPNProtocols: ["h2"] };
  const sessions = Array.from({ length: connectionsMax }, () =>
    connect(`https://localhost:${port}`, options),
  );
  await Promise.all(sessions.map((session) => once(session, "connect")));
  const headers = Object.fromEntries(holdHeaders(port));
  const latency = makeLatency();
  const told = { held: 0, refused: new Map<string, number>(), wrong: new Map<string, number>() };
  const startMs = performance.now();
  let next = 0;
  const lane = async (at: number) => {
    const session = must(sessions[at % sessions.length], "a remainder is below the length");
    while (next < callers) {
      next += 1;
      const answer = await call(session, headers, holdCall(kind, day).message);
      latency.add(performance.now() - startMs);
      if (answer.kind === "held") told.held += 1;
      else told[answer.kind].set(answer.what, (told[answer.kind].get(answer.what) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connectionsMax * streamsMax }, (_, at) => lane(at)));
  const seconds = (performance.now() - startMs) / 1_000;
  for (const session of sessions) session.close();
  const refused = Object.fromEntries(told.refused);
  const wrong = Object.fromEntries(told.wrong);
  return { seconds, held: told.held, refused, wrong, latency: latency.summary() };
}

type Answer =
  | { readonly kind: "held" }
  | { readonly kind: "refused" | "wrong"; readonly what: string };

const messageHeadBytes = 5;

function call(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  message: Uint8Array,
): Promise<Answer> {
  return new Promise((resolve) => {
    const stream = session.request(headers);
    let status: IncomingHttpHeaders = {};
    const hear = (found: IncomingHttpHeaders) => {
      if (found["grpc-status"] !== undefined) status = found;
    };
    stream.on("response", hear);
    stream.on("trailers", hear);
    stream.on("error", (error) => resolve({ kind: "wrong", what: error.message }));
    stream.on("close", () => resolve(readAnswer(status)));
    stream.resume();
    const head = Buffer.alloc(messageHeadBytes);
    head.writeUInt32BE(message.length, 1);
    stream.end(Buffer.concat([head, message]));
  });
}

function readAnswer(headers: IncomingHttpHeaders): Answer {
  const code = String(headers["grpc-status"] ?? "no status");
  if (code === "0") return { kind: "held" };
  const details = Buffer.from(String(headers["grpc-status-details-bin"] ?? ""), "base64");
  const infos = fromBinary(StatusSchema, details).details.map((any) =>
    anyUnpack(any, ErrorInfoSchema),
  );
  const info = infos.find((found) => found !== undefined);
  const resource = info?.metadata.resource;
  if (resource === undefined || info?.metadata.start_time === undefined) {
    return { kind: "wrong", what: `${code} ${info?.reason ?? ""}` };
  }
  return { kind: "refused", what: `${info.reason} ${resource}` };
}

const commands = { rush } satisfies Commands;

export type RushCommands = typeof commands;

answerCommands(commands);
