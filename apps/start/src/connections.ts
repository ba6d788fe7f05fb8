import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Platform } from "@carehub/local/platform";

/** Writes a connection file of the command line for each identity; answers the folder. */
export async function writeConnections(
  { folder, addresses, certificates }: Platform,
  identities: readonly string[],
): Promise<string> {
  const connections = join(folder, "connections");
  await mkdir(connections, { recursive: true });
  for (const identity of identities) {
    const connection = { addresses, ...certificates.files(identity) };
    const file = join(connections, `${identity.replaceAll("/", "-")}.json`);
    await writeFile(file, `${JSON.stringify(connection, null, 2)}\n`);
  }
  return connections;
}
