import { type CallFacts, toCallError } from "@carehub/grpc/call-error";
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Identity } from "./identities.ts";

const deadlineMs = 20_000;
/** A stream that says nothing for so long has told what it had. */
const silenceMs = 400;

/** Where a service is reached, and the name that its certificate must hold. */
export type Door = { readonly address: string; readonly serverName: string };

/** How a call ended: the bytes of its answer, or why there is none. A stream has several answers. */
export type Ending =
  | { readonly code: "OK"; readonly bytes: Buffer; readonly all: readonly Buffer[] }
  | (Pick<CallFacts, "reason" | "metadata" | "violations"> & {
      readonly code: Exclude<CallFacts["code"], "OK">;
      readonly text: string;
    });

/** Calls any method with any bytes, as one identity; no retry. A stream is read until it has nothing more to tell. */
export type RawCaller = {
  readonly call: (path: string, bytes: Uint8Array) => Promise<Ending>;
  readonly close: () => void;
};

/** Opens a caller that shows the server what the identity shows. */
export function openCaller({ address, serverName }: Door, identity: Identity): RawCaller {
  const client = new Client(address, credentialsOf(identity), {
    "grpc.ssl_target_name_override": serverName,
    "grpc.default_authority": serverName,
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
  });
  const same = (bytes: Buffer): Buffer => bytes;
  const call = (path: string, bytes: Uint8Array): Promise<Ending> =>
    new Promise((resolve) => {
      const all: Buffer[] = [];
      const finish = (): void => resolve({ code: "OK", bytes: all[0] ?? Buffer.alloc(0), all });
      const options = { deadline: Date.now() + deadlineMs };
      const sent = Buffer.from(bytes);
      // A single answer is a stream of one.
      const stream = client.makeServerStreamRequest(
        path,
        same,
        same,
        sent,
        new Metadata(),
        options,
      );
      let silence: NodeJS.Timeout | undefined;
      stream.on("data", (answer: Buffer) => {
        all.push(answer);
        clearTimeout(silence);
        silence = setTimeout(() => {
          finish();
          stream.cancel();
        }, silenceMs);
      });
      stream.on("end", finish);
      // Told before the end, which follows in any case.
      stream.on("error", (error: ServiceError) => resolve(endingOf(path, error)));
      stream.on("status", () => clearTimeout(silence));
    });
  return { call, close: () => client.close() };
}

function endingOf(path: string, error: ServiceError): Ending {
  const { code, reason, metadata, violations } = toCallError(path, error);
  return { code, reason, metadata, violations, text: error.details } as Ending;
}

function credentialsOf({ shown }: Identity): ChannelCredentials {
  if (shown === "plaintext") return credentials.createInsecure();
  const ca = Buffer.from(shown.ca);
  if (!("key" in shown)) return credentials.createSsl(ca);
  return credentials.createSsl(ca, Buffer.from(shown.key), Buffer.from(shown.cert));
}
