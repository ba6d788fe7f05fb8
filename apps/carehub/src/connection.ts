import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DescService } from "@bufbuild/protobuf";
import { type ConnectOptions, connect, type ServiceClient } from "@carehub/grpc/connect";
import { parse } from "yaml";
import { z } from "zod";
import { UsageError } from "./usage-error.ts";

const deadlineMs = 20_000;

/** The four services, each behind an address of its own or all behind the front door. */
export const serviceNames = ["intake", "capacity", "agreements", "billing"] as const;

export type ServiceName = (typeof serviceNames)[number];

const perService = <Value extends z.ZodType>(value: Value) =>
  z.strictObject({ intake: value, capacity: value, agreements: value, billing: value });

const connectionSchema = z.strictObject({
  /** `host:port` of each service. */
  addresses: perService(z.string().regex(/^[^\s]+:\d{1,5}$/)),
  /** The name that each service's certificate holds, where it is not the host: behind a front door. */
  serverNames: perService(z.string().min(1)).optional(),
  /** PEM files, by paths counted from this file. */
  ca: z.string().min(1),
  cert: z.string().min(1),
  key: z.string().min(1),
});

/** How one organisation reaches the platform. */
export type Connection = {
  /** The client of a service's API on the service that serves it; connects when first called. */
  readonly client: <Service extends DescService>(
    service: Service,
    at?: ServiceName,
  ) => ServiceClient<Service>;
  readonly close: () => void;
};

/** The same, opened when it is first used: a command that asks nobody needs no file. */
export function connectLater(file: string | undefined): Connection {
  let open: Connection | undefined;
  return {
    client: (service, at) => {
      open ??= openConnection(file);
      return open.client(service, at);
    },
    close: () => open?.close(),
  };
}

/** Opens what a connection file, YAML or JSON, describes; says which field of it does not hold. */
export function openConnection(file: string | undefined): Connection {
  if (file === undefined) {
    throw new UsageError(
      "no connection: name a file with --connection or in CAREHUB_CONNECTION; `npm start` writes one for each organisation",
    );
  }
  const { addresses, serverNames, ...files } = readConnection(file);
  const [ca, cert, key] = [files.ca, files.cert, files.key].map((path) =>
    readPem(resolve(dirname(file), path)),
  );
  const tls = { ca, cert, key } as ConnectOptions["tls"];
  const open = new Map<string, { close: () => void }>();
  return {
    client: <Service extends DescService>(service: Service, at = ownerOf(service)) => {
      const known = open.get(`${at} ${service.typeName}`);
      if (known !== undefined) return known as ServiceClient<Service>;
      const serverName = serverNames?.[at];
      const options = { address: addresses[at], tls, deadlineMs };
      const made = connect(
        service,
        serverName === undefined ? options : { ...options, serverName },
      );
      open.set(`${at} ${service.typeName}`, made);
      return made;
    },
    close: () => {
      for (const client of open.values()) client.close();
    },
  };
}

/** The service that owns an API, by its package: `carehub.billing.v1` is billing's. */
function ownerOf(service: DescService): ServiceName {
  const owner = serviceNames.find((name) => service.typeName.startsWith(`carehub.${name}.`));
  if (owner === undefined) throw new Error(`${service.typeName} is served by every service`);
  return owner;
}

function readConnection(file: string) {
  let document: unknown;
  try {
    document = parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new UsageError(`the connection file ${file} cannot be read`, { cause });
  }
  const parsed = connectionSchema.safeParse(document);
  if (!parsed.success) throw new UsageError(`${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new UsageError(`the certificate file ${path} cannot be read`, { cause });
  }
}
