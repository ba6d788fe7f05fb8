import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsFiles } from "./certificates.ts";
import { type ServiceName, serviceNames } from "./platform.ts";

/** How one organisation reaches the platform, as the command line reads it; paths count from the file. */
export type Connection = TlsFiles & {
  readonly addresses: Readonly<Record<ServiceName, string>>;
  /** The name that each service's certificate holds, where it is not the host: behind the front door. */
  readonly serverNames?: Readonly<Record<ServiceName, string>>;
};

/** Writes the connection of an identity into the folder; answers the file. */
export function writeConnection(folder: string, identity: string, connection: Connection): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${identity.replaceAll("/", "-")}.json`);
  writeFileSync(file, `${JSON.stringify(connection, null, 2)}\n`);
  return file;
}

/** The name of each service behind a front door, below the trust domain of the certificates. */
export function serverNamesBelow(trustDomain: string): Record<ServiceName, string> {
  return forEachService((name) => `${name}.${trustDomain}`);
}

/** A value for each service. */
export function forEachService(value: (name: ServiceName) => string): Record<ServiceName, string> {
  const entries = serviceNames.map((name) => [name, value(name)]);
  return Object.fromEntries(entries) as Record<ServiceName, string>;
}
