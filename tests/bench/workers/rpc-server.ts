import { fromBinary } from "@bufbuild/protobuf";
import {
  MoveClockResponseSchema,
  OperationsService,
} from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { serve } from "@carehub/grpc/serve";
import { createLogger } from "@carehub/runtime/logging";
import { answerCommands, type Commands } from "../instruments/commands.ts";
import type { EchoStart } from "./grpc-echo-server.ts";

/** The whole chain around a method with rules, an actor and a role, whose handler does nothing. */
async function start({ tls, answer }: EchoStart): Promise<number> {
  const response = fromBinary(MoveClockResponseSchema, answer);
  const handlers = Object.fromEntries(
    OperationsService.methods.map((method) => [method.localName, () => response]),
  );
  const server = await serve({
    name: "bench",
    host: "localhost",
    port: 0,
    tls,
    trustDomain: "carehub.example",
    services: [{ service: OperationsService, handlers }],
    reasons: {},
    logger: createLogger("bench"),
  });
  return server.port;
}

const commands = { start } satisfies Commands;

export type EchoCommands = typeof commands;

answerCommands(commands);
