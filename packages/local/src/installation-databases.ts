import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseEnv } from "node:util";
import { ensureTopics } from "@carehub/events/topics";
import { Client, escapeIdentifier, escapeLiteral } from "pg";
import { databasesOf, type InstallationFolders, secretsFile } from "./installation-secrets.ts";
import { type ServiceName, serviceNames } from "./platform.ts";

/**
 * Gives each service a role with its own password, which owns the service's databases and may
 * connect to no other; what is there stays. `adminUrl` is that of a superuser.
 */
export async function makeDatabases(folders: InstallationFolders, adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl, application_name: "carehub-prepare" });
  await client.connect();
  try {
    for (const name of serviceNames) {
      await makeRole(client, name, passwordOf(folders, name));
      for (const database of databasesOf[name]) await makeDatabase(client, database, name);
    }
  } finally {
    await client.end();
  }
}

/** Makes the house's topics where they are missing; waits for a broker that is still starting. */
export async function makeTopics(brokers: readonly string[]): Promise<void> {
  for (const end = Date.now() + brokerLimitMs; ; await delay(brokerPollMs)) {
    try {
      await ensureTopics([...brokers], { replication: 1 });
      return;
    } catch (cause) {
      if (Date.now() > end) throw new Error("Kafka did not take the topics.", { cause });
    }
  }
}

const brokerLimitMs = 60_000;
const brokerPollMs = 500;

async function makeRole(client: Client, name: string, password: string): Promise<void> {
  const { rowCount } = await client.query("select from pg_roles where rolname = $1", [name]);
  const verb = rowCount === 0 ? "create" : "alter";
  // A utility statement takes no parameters.
  const secret = escapeLiteral(password);
  await client.query(`${verb} role ${escapeIdentifier(name)} login password ${secret}`);
}

async function makeDatabase(client: Client, database: string, owner: string): Promise<void> {
  const known = await client.query("select from pg_database where datname = $1", [database]);
  const name = escapeIdentifier(database);
  if (known.rowCount === 0) {
    await client.query(`create database ${name} owner ${escapeIdentifier(owner)}`);
  }
  await client.query(`revoke connect, temporary on database ${name} from public`);
}

function passwordOf({ root }: InstallationFolders, name: ServiceName): string {
  const { DATABASE_URL } = parseEnv(readFileSync(join(root, name, secretsFile), "utf8"));
  if (DATABASE_URL === undefined) throw new Error(`${name} has no DATABASE_URL.`);
  return decodeURIComponent(new URL(DATABASE_URL).password);
}
