/**
 * Prepares an installation in containers; docker-compose.yml runs it. `secrets` makes the
 * development authority, certificates, keys and passwords, before anything else starts; `databases`
 * makes databases and topics, before the services start. Either may run again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeDatabases, makeTopics } from "./installation-databases.ts";
import { databaseServer, makeSecrets, readPassword } from "./installation-secrets.ts";
import { checkoutFolder } from "./state.ts";

const operators = ["operator/registry"];

const {
  CAREHUB_VOLUMES: root = "/volumes",
  TRUST_DOMAIN: trustDomain = "carehub.example",
  FRONT_DOOR: door = "localhost:8443",
} = process.env;
const [step] = process.argv.slice(2);
switch (step) {
  case "secrets":
    await makeSecrets(
      { root },
      { trustDomain, partners: [...exampleParties(), ...operators], door },
    );
    break;
  case "databases": {
    const { host, port, user } = databaseServer;
    const password = encodeURIComponent(readPassword({ root }));
    const { KAFKA_BROKERS: brokers = "kafka:9092" } = process.env;
    await makeDatabases({ root }, `postgresql://${user}:${password}@${host}:${port}/postgres`);
    await makeTopics(brokers.split(","));
    break;
  }
  default:
    throw new Error(`"${step}" is not a step: secrets or databases.`);
}
process.stdout.write(`prepared: ${step}\n`);

/** The ministries and hubs of the example files: `ministry/UZ`, `hub/umc-heart`. */
function exampleParties(): string[] {
  return [...namesIn("parties", "ministry"), ...namesIn("hubs", "hub")];
}

function namesIn(folder: string, role: string): string[] {
  const path = join(checkoutFolder, "examples", folder);
  const name = new RegExp(`^\\s*name: "?${folder}/([\\w-]+)`, "m");
  // Beside the documents of hubs stand lists that a hub may import.
  const documents = readdirSync(path).filter((file) => file.endsWith(".yaml"));
  return documents.map((file) => {
    const found = name.exec(readFileSync(join(path, file), "utf8"))?.[1];
    if (found === undefined) throw new Error(`${folder}/${file} names nobody.`);
    return `${role}/${found}`;
  });
}
