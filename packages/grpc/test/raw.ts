import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { type CallError, toCallError } from "../src/call-error.ts";
import type { Tls } from "../src/tls.ts";

const waitLimitMs = 10_000;
const operations = "/carehub.operations.v1.OperationsService";

/** What a raw call ended with: its answer's bytes, or its failure. */
export type RawEnd = { readonly bytes?: Buffer; readonly error?: CallError };

/** A client without our library: it sends any bytes, and no deadline unless one is given. */
export function rawClient(address: string, tls: Tls) {
  const [ca, key, cert] = [tls.ca, tls.key, tls.cert].map((pem) => Buffer.from(String(pem)));
  const client = new Client(address, credentials.createSsl(ca, key, cert), {
    "grpc.ssl_target_name_override": "localhost",
  });
  onTestFinished(() => client.close());
  return (
    method: string,
    bytes: Uint8Array,
    deadline: number = Number.POSITIVE_INFINITY,
  ): Promise<RawEnd> =>
    new Promise((resolve) => {
      const finish = (error: ServiceError | null, answer?: Buffer) => {
        if (error !== null) resolve({ error: toCallError(method, error) });
        else resolve(answer === undefined ? {} : { bytes: answer });
      };
      const path = method.startsWith("/") ? method : `${operations}/${method}`;
      const same = (buffer: Buffer) => buffer;
      const options = Number.isFinite(deadline) ? { deadline: Date.now() + deadline } : {};
      client.makeUnaryRequest(
        path,
        same,
        same,
        Buffer.from(bytes),
        new Metadata(),
        options,
        finish,
      );
    });
}

/** A promise that a test settles, with what waits for it. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitLimitMs).unref();
  return {
    passed: promise,
    open: () => {
      clearTimeout(timer);
      resolve();
    },
  };
}
