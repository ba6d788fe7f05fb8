import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { kafkaJarsFolder } from "./kafka-jars.ts";

/** Where the Kafka broker comes from on this machine. */
export type KafkaSource =
  | { kind: "given"; brokers: string }
  | { kind: "java"; java: string; maven: string | undefined }
  | { kind: "container" };

/** What this machine offers: the first that is there of KAFKA_BROKERS, Java with Maven, containers. */
export function findKafkaSource(env = process.env): KafkaSource | undefined {
  if (env.KAFKA_BROKERS) return { kind: "given", brokers: env.KAFKA_BROKERS };
  const java = findJava(env);
  const maven = findProgram("mvn", env);
  const canGetJars = maven !== undefined || existsSync(kafkaJarsFolder(env));
  if (java !== undefined && canGetJars) return { kind: "java", java, maven };
  return hasContainerEngine(env) ? { kind: "container" } : undefined;
}

/**
 * Throws before anything is downloaded when something is missing, with what to install. Slow only
 * where there is neither Java nor KAFKA_BROKERS and a container engine is asked.
 */
export function assertPrerequisites(env = process.env): void {
  const missing = [...missingOf(env)];
  if (missing.length > 0) throw new Error(`This machine lacks:\n\n${missing.join("\n\n")}`);
}

function* missingOf(env: NodeJS.ProcessEnv): Generator<string> {
  const supported = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];
  if (!env.DATABASE_URL && !supported.includes(`${process.platform}-${process.arch}`)) {
    yield `PostgreSQL: none is packaged for ${process.platform} on ${process.arch}.
  Set DATABASE_URL to a PostgreSQL 18 as a user who may create databases.`;
  }
  if (findKafkaSource(env) === undefined) {
    const java = findJava(env) === undefined ? "no Java 17 or newer" : "Java, but no Maven";
    yield `Kafka: found ${java}, no container engine that answers, and no KAFKA_BROKERS. One of:
  - Java 17 or newer and Maven (Debian and Ubuntu: apt-get install openjdk-17-jre-headless maven;
    macOS: brew install openjdk maven);
  - a container engine such as Docker, running;
  - KAFKA_BROKERS=host:port of a Kafka 4 without TLS that may be filled with test data.`;
  }
}

const javaVersionMin = 17;

function findJava(env: NodeJS.ProcessEnv): string | undefined {
  const home = env.JAVA_HOME ? join(env.JAVA_HOME, "bin", "java") : undefined;
  return [home, findProgram("java", env)].find(
    (java) => java !== undefined && existsSync(java) && javaVersion(java) >= javaVersionMin,
  );
}

// macOS has a /usr/bin/java that only says that there is no Java: it has no version to tell.
function javaVersion(java: string): number {
  const { stderr } = spawnSync(java, ["-version"], { encoding: "utf8", timeout: 10_000 });
  return Number(/version "(\d+)/.exec(stderr ?? "")?.[1] ?? 0);
}

function findProgram(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}

// testcontainers would find more engines, but loading it takes a second; these names cover them.
function hasContainerEngine(env: NodeJS.ProcessEnv): boolean {
  const docker = findProgram("docker", env);
  if (docker !== undefined) {
    return spawnSync(docker, ["version"], { stdio: "ignore", timeout: 10_000 }).status === 0;
  }
  if (env.DOCKER_HOST) return true;
  return existsSync("/var/run") && readdirSync("/var/run").includes("docker.sock");
}
