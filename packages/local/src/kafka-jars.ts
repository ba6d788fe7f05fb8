import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";
import { runProgram } from "./run-program.ts";
import { checkoutFolder, type Instance } from "./state.ts";

const pom = join(checkoutFolder, "infra", "kafka", "pom.xml");
const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/** The user's cache folder for the broker that infra/kafka/pom.xml names; another pom, another folder. */
export function kafkaJarsFolder(env = process.env): string {
  const hash = createHash("sha256").update(readFileSync(pom)).digest("hex").slice(0, 12);
  return join(cacheFolder(env), `kafka-${hash}`);
}

/** Gets the broker's jars (55 MB) with Maven, once; afterwards answers at once. Safe to run twice. */
export async function getKafkaJars(
  instance: Instance,
  { maven, log }: { maven: string | undefined; log: (line: string) => void },
): Promise<string> {
  const folder = kafkaJarsFolder();
  if (existsSync(folder)) return folder;
  if (maven === undefined) throw new Error("Maven is needed once, to get the jars of Kafka.");
  log("Kafka: getting the broker's jars with Maven (55 MB, once)");
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    const goal = [`${plugin}:copy-dependencies`, `-DoutputDirectory=${draft}`];
    const args = ["-B", "-q", "-f", pom, ...goal];
    await runProgram(instance, { label: "maven", program: maven, args });
    // Whoever was first has put the same jars there.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}
