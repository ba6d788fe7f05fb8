import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { createLogger } from "@carehub/runtime/logging";
import { onTestFinished } from "vitest";
import { type ConnectOptions, connect } from "../src/connect.ts";
import { implementOperations, type Operations } from "../src/operations.ts";
import { type GrpcServer, type Implementation, type ServeOptions, serve } from "../src/serve.ts";
import type { Tls } from "../src/tls.ts";
import { createAuthority } from "./authority.ts";

/** A log line of the server under test. */
export type LogLine = Readonly<Record<string, unknown>>;

export const authority = await createAuthority();

/** A certificate of the tests' authority with one identity. */
export function identityOf(name: string): Promise<Tls> {
  return authority.issue({ uris: [`spiffe://carehub.example/${name}`] });
}

const serverTls = await identityOf("service/intake");
export const operatorTls = await identityOf("operator/desk");

/** Operations that answer at once; a test replaces those that it is about. */
export function operationsWith(parts: Partial<Operations> = {}): Implementation {
  return implementOperations({
    name: "intake",
    moveClock: async (to) => to,
    getQuiescence: async () => ({ pendingCount: 0n }),
    listDeadLetters: async ({ size, token }) => ({ nextPageToken: `${size} ${token}` }),
    replayDeadLetters: async () => ({ handledCount: 1 }),
    ...parts,
  });
}

/** Starts a server of the test, closed with it, and keeps its log lines. */
export async function startServer(options: Partial<ServeOptions> = {}) {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const server: GrpcServer = await serve({
    name: "intake",
    host: "127.0.0.1",
    port: 0,
    tls: serverTls,
    trustDomain: "carehub.example",
    services: [operationsWith()],
    reasons: { REFERRAL_NOT_OPEN: "FAILED_PRECONDITION" },
    logger: createLogger("intake", { level: "info", destination }),
    ...options,
    limits: { drainMs: 500, ...options.limits },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= server.close();
    return closing;
  };
  onTestFinished(close);
  return { address: `127.0.0.1:${server.port}`, lines, close };
}

/** A client of the operations API, closed with its test; failures come back at the first try. */
export function clientOf(address: string, tls: Tls, options: Partial<ConnectOptions> = {}) {
  const client = connect(OperationsService, { address, tls, attemptsMax: 1, ...options });
  onTestFinished(() => client.close());
  return client;
}
