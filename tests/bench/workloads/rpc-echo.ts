import { create, toBinary } from "@bufbuild/protobuf";
import {
  MoveClockRequestSchema,
  MoveClockResponseSchema,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { issueCertificates } from "@carehub/local/certificates";
import { Client, credentials } from "@grpc/grpc-js";
import { alternate, type Contender, type Run, toSeries } from "../instruments/alternate.ts";
import { startMeter } from "../instruments/meter.ts";
import { startWorker, type Worker } from "../instruments/worker.ts";
import type { EchoCommands } from "../workers/grpc-echo-server.ts";
import type { LoadCommands } from "../workers/http2-load.ts";
import type { Finding, OpenLoop, Setting } from "./workload.ts";

const path = "/carehub.operations.v1.OperationsService/MoveClock";
const streams = 32;
const openLoopPerSecond = 2_000;
const preflightMs = 5_000;

const request = toBinary(
  MoveClockRequestSchema,
  create(MoveClockRequestSchema, {
    time: { seconds: 1_800_000_000n },
    requestId: "0198c0de-0000-7000-8000-00000000cafe",
    actor: { reference: "bench:1", role: "operator" },
  }),
);
const answer = toBinary(
  MoveClockResponseSchema,
  create(MoveClockResponseSchema, { time: { seconds: 1_800_000_000n, nanos: 5 } }),
);

type Echo = { readonly server: Worker<EchoCommands>; readonly port: number };
type Stage = { readonly setting: Setting; readonly load: Worker<LoadCommands>; readonly tls: Tls };
type Tls = { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };

/** B1: a method that does nothing through our whole chain, against the bare library. */
export async function rpcEcho(setting: Setting): Promise<Finding> {
  const { instance, profileFolder } = setting;
  const identities = ["service/bench", "operator/bench"];
  const trustDomain = "carehub.example";
  const dir = `${instance.folder}/certificates`;
  const certificates = await issueCertificates({ dir, trustDomain, identities });
  const [bare, ours, node] = await Promise.all(
    [
      { file: "grpc-echo-server.ts", telemetry: false },
      { file: "rpc-server.ts", telemetry: true, profileFolder },
      { file: "http2-echo-server.ts", telemetry: false },
    ].map(async (start): Promise<Echo> => {
      const server = startWorker<EchoCommands>({ instance, ...start });
      const tls = certificates.tls("service/bench");
      return { server, port: await server.tell("start", { tls, path, answer }) };
    }),
  );
  if (bare === undefined || ours === undefined || node === undefined) throw new Error("no server");
  const load = startWorker<LoadCommands>({ instance, file: "http2-load.ts", telemetry: false });
  const stage: Stage = { setting, load, tls: certificates.tls("operator/bench") };
  for (const echo of [bare, ours, node]) await assertAnswers(stage, echo);
  const contender = (name: string, echo: Echo): Contender => ({
    name,
    run: () => saturate(stage, echo),
  });
  const comparison = await alternate(
    [contender("raw grpc-js echo", bare)],
    contender("carehub chain", ours),
    (name, run) => setting.say(`${name}: ${Math.round(run.operations / run.cost.seconds)} calls/s`),
  );
  const reference = toSeries("raw node:http2 echo", [await saturate(stage, node)]);
  const openLoop = [
    await arrive(stage, "raw grpc-js echo", bare),
    await arrive(stage, "carehub chain", ours),
  ];
  await Promise.all([load, bare.server, ours.server, node.server].map((worker) => worker.stop()));
  return {
    id: "B1",
    name: "rpc-echo",
    unit: "calls/s",
    targets: { floor: 0.6, target: 0.75, stretch: 0.85 },
    comparison,
    references: [reference],
    openLoop,
    guide: "at least 14,000 calls/s",
    notes,
  };
}

const notes = [
  "Ours is MoveClock with an empty handler: client certificate, role, deadline, decoding, rules of the proto, one log line into a file and one measurement, with the telemetry preload as in a service (no exporter).",
  `One connection with ${streams} streams, each server in a process of its own; request ${request.length} bytes, answer ${answer.length} bytes, the same for all.`,
  "Load: frames encoded beforehand, over TLS, from a process of our own. h2load has no client certificates, ghz was not needed, and a grpc-js client would measure itself.",
  "`load` is the CPU of the process that makes the load: it must stay well below one core for the result to be the server's.",
];

async function saturate({ setting, load, tls }: Stage, { server, port }: Echo): Promise<Run> {
  await load.tell("connect", callOf(port, tls));
  await load.tell("saturate", { streams, seconds: setting.warmupSeconds });
  const stop = startMeter({ node: [server.pid], load: [load.pid] });
  const report = await load.tell("saturate", { streams, seconds: setting.seconds });
  const cost = stop();
  if (report.bad > 0) throw new Error(`${report.bad} of ${report.good} calls went wrong`);
  return { operations: report.good, cost: { ...cost, seconds: report.seconds } };
}

async function arrive({ setting, load, tls }: Stage, name: string, { port }: Echo) {
  await load.tell("connect", callOf(port, tls));
  const rate = { perSecond: openLoopPerSecond };
  await load.tell("schedule", { ...rate, seconds: setting.warmupSeconds });
  const report = await load.tell("schedule", { ...rate, seconds: setting.seconds });
  if (report.bad > 0) throw new Error(`${report.bad} of ${report.good} calls went wrong`);
  return { name, ...rate, latency: report.latency } satisfies OpenLoop;
}

function callOf(port: number, tls: Tls): Parameters<LoadCommands["connect"]>[0] {
  const headers: [string, string][] = [
    [":method", "POST"],
    [":scheme", "https"],
    [":path", path],
    [":authority", `localhost:${port}`],
    ["te", "trailers"],
    ["content-type", "application/grpc"],
    ["user-agent", "carehub-bench"],
    ["grpc-timeout", "10S"],
  ];
  return { port, tls, headers, message: request, answerBytes: answer.length };
}

/** A real client's call, before the load, whose generator only looks at lengths. */
async function assertAnswers({ tls }: Stage, { port }: Echo): Promise<void> {
  const own = credentials.createSsl(tls.ca, tls.key, tls.cert);
  const client = new Client(`localhost:${port}`, own);
  const same = (bytes: Buffer): Buffer => bytes;
  try {
    const found = await new Promise<Buffer | undefined>((resolve, reject) => {
      const deadline = Date.now() + preflightMs;
      const message = Buffer.from(request);
      client.makeUnaryRequest(path, same, same, message, { deadline }, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      );
    });
    if (found?.equals(answer) !== true) throw new Error(`port ${port} answered something else`);
  } finally {
    client.close();
  }
}
