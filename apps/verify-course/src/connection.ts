import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ConnectOptions } from "@carehub/grpc/connect";
import { parse } from "yaml";
import { z } from "zod";
import { UsageError } from "./asked.ts";

const deadlineMs = 20_000;

const schema = z.object({
  addresses: z.object({ capacity: z.string().regex(/^[^\s]+:\d{1,5}$/) }),
  serverNames: z.object({ capacity: z.string().min(1) }).optional(),
  ca: z.string().min(1),
  cert: z.string().min(1),
  key: z.string().min(1),
});

/** How a connection file, YAML or JSON, reaches the capacity service; its paths count from the file. */
export function readConnection(file: string): ConnectOptions {
  const text = readText(file);
  const parsed = schema.safeParse(parseText(file, text));
  if (!parsed.success) throw new UsageError(`${file}: ${z.prettifyError(parsed.error)}`);
  const { addresses, serverNames, ...files } = parsed.data;
  const pem = (path: string) => readText(resolve(dirname(file), path));
  return {
    address: addresses.capacity,
    tls: { ca: pem(files.ca), cert: pem(files.cert), key: pem(files.key) },
    deadlineMs,
    ...(serverNames === undefined ? {} : { serverName: serverNames.capacity }),
  };
}

function parseText(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new UsageError(`${file} is neither YAML nor JSON`, { cause });
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`${file} cannot be read`, { cause });
  }
}
