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

/** Where a service is reached, and the name that its certificate must hold. */
export type Door = { readonly address: string; readonly serverName: string };

/** How a call ended: the bytes of its answer, or why there is none. */
export type Ending =
  | { readonly code: "OK"; readonly bytes: Buffer }
  | (Pick<CallFacts, "reason" | "metadata" | "violations"> & {
      readonly code: Exclude<CallFacts["code"], "OK">;
      readonly text: string;
    });

/** Calls any method with any bytes, as one identity; no retry. */
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
      const finish = (error: ServiceError | null, answer?: Buffer): void => {
        if (error === null) resolve({ code: "OK", bytes: answer ?? Buffer.alloc(0) });
        else resolve(endingOf(path, error));
      };
      const options = { deadline: Date.now() + deadlineMs };
      const sent = Buffer.from(bytes);
      client.makeUnaryRequest(path, same, same, sent, new Metadata(), options, finish);
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
