import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { issueCertificates } from "./certificates.ts";
import { forEachService, serverNamesBelow, writeConnection } from "./connection-file.ts";
import { type ServiceName, serviceNames } from "./platform.ts";

/** Where the parts of an installation in containers keep what is secret: one folder for each part. */
export type InstallationFolders = {
  /** Holds authority, postgres, intake, capacity, agreements and billing; each is a volume. */
  root: string;
};

/** Where the databases are reached. */
export const databaseServer = { host: "postgres", port: 5432, user: "carehub" } as const;

/** The databases of each service, each owned by a role of the service's name. */
export const databasesOf: Readonly<Record<ServiceName, readonly string[]>> = {
  intake: ["intake", "intake_keys"],
  capacity: ["capacity"],
  agreements: ["agreements"],
  billing: ["billing"],
};

/** The file of environment variables that a service reads at its start. */
export const secretsFile = "secrets.env";

/** Who takes part, and where the front door is for them. */
export type Installation = {
  trustDomain: string;
  partners: readonly string[];
  /** host:port as partners reach it. */
  door: string;
};

/**
 * Makes what a new installation needs and keeps what is there: passwords and keys for ever,
 * certificates until their last day. A service's folder holds its own secrets and no other's; the
 * folder `authority` holds the development authority and the certificates of the partners, each with a connection file for the command line.
 */
export async function makeSecrets(
  { root }: InstallationFolders,
  { trustDomain, partners, door }: Installation,
): Promise<void> {
  const services = serviceNames.map((name) => `service/${name}`);
  const dir = join(root, "authority");
  const certificates = await issueCertificates({
    ...{ dir, trustDomain },
    identities: [...services, ...partners],
  });
  const addresses = forEachService(() => door);
  const serverNames = serverNamesBelow(trustDomain);
  for (const partner of partners) {
    // By paths beside the file itself, so that the folder can be copied out of its volume.
    const { ca, cert, key } = certificates.files(partner);
    const beside = { ca: basename(ca), cert: basename(cert), key: basename(key) };
    writeConnection(dir, partner, { addresses, serverNames, ...beside });
  }
  keepOrWrite(join(root, "postgres", "password"), newPassword(), 0o644); // Its user is another.
  for (const name of serviceNames) {
    const folder = join(root, name);
    mkdirSync(folder, { recursive: true });
    const { ca, cert, key } = certificates.files(`service/${name}`);
    copyFileSync(ca, join(folder, "ca.pem"));
    copyFileSync(key, join(folder, "tls.key"));
    copyFileSync(cert, join(folder, "tls.pem"));
    keepOrWrite(join(folder, secretsFile), secretsOf(name), 0o600);
  }
}

/** The password of the databases' administrator. */
export function readPassword({ root }: InstallationFolders): string {
  return readFileSync(join(root, "postgres", "password"), "utf8").trim();
}

function secretsOf(name: ServiceName): string {
  const { host, port } = databaseServer;
  const password = newPassword();
  const [own, keys] = databasesOf[name].map(
    (database) => `postgresql://${name}:${password}@${host}:${port}/${database}`,
  );
  const variables = {
    DATABASE_URL: own,
    ...(keys !== undefined && {
      KEYS_DATABASE_URL: keys,
      IDENTITY_KEY: newKey(),
      BLIND_INDEX_KEY: newKey(),
    }),
  };
  const lines = Object.entries(variables).map(([variable, value]) => `${variable}=${value}\n`);
  return lines.join("");
}

function keepOrWrite(file: string, text: string, mode: number): void {
  mkdirSync(join(file, ".."), { recursive: true });
  if (!existsSync(file)) writeFileSync(file, text, { mode });
}

const newPassword = (): string => randomBytes(24).toString("base64url");
const newKey = (): string => randomBytes(32).toString("base64");
