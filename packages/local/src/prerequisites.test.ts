import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { kafkaJarsFolder } from "./kafka-jars.ts";
import { assertPrerequisites, findKafkaSource } from "./prerequisites.ts";

const folder = mkdtempSync(join(tmpdir(), "carehub-prerequisites-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("takes the broker that is given before any other", () => {
  const env = machine("given", { java: "21.0.4", mvn: true }, { KAFKA_BROKERS: "kafka:9092" });
  expect(findKafkaSource(env)).toEqual({ kind: "given", brokers: "kafka:9092" });
});

test("takes Java 17 or newer with Maven", () => {
  const env = machine("java", { java: "17.0.15", mvn: true });
  expect(findKafkaSource(env)).toMatchObject({ kind: "java", maven: `${env.PATH}/mvn` });
});

test("needs no Maven once the jars are there", () => {
  const env = machine("jars", { java: "21" });
  expect(findKafkaSource(env)).toBeUndefined();
  mkdirSync(kafkaJarsFolder(env), { recursive: true });
  expect(findKafkaSource(env)).toMatchObject({ kind: "java", maven: undefined });
});

test("takes a container engine that answers where Java is too old", () => {
  const answering = machine("engine", { java: "11.0.2", mvn: true, docker: 0 });
  expect(findKafkaSource(answering)).toEqual({ kind: "container" });
  const stopped = machine("stopped-engine", { java: "11.0.2", mvn: true, docker: 1 });
  expect(findKafkaSource(stopped)).toBeUndefined();
});

test("says what is missing and what to install", () => {
  const nothing = machine("nothing", { docker: 1 });
  expect(() => assertPrerequisites(nothing)).toThrow(
    /no Java 17 or newer.*apt-get install openjdk-17-jre-headless maven.*KAFKA_BROKERS=host:port/s,
  );
  const noMaven = machine("no-maven", { java: "17.0.1", docker: 1 });
  expect(() => assertPrerequisites(noMaven)).toThrow("Java, but no Maven");
  expect(() => assertPrerequisites(machine("all", { java: "25", mvn: true }))).not.toThrow();
});

type Programs = { java?: string; mvn?: true; docker?: number };

// A PATH with these programs alone.
function machine(
  name: string,
  { java, mvn, docker }: Programs,
  env: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const bin = join(folder, name);
  mkdirSync(bin);
  const write = (program: string, script: string): void => {
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, program), 0o755);
  };
  if (java !== undefined) write("java", `echo 'openjdk version "${java}" 2025-04-15' >&2`);
  if (mvn) write("mvn", "exit 0");
  if (docker !== undefined) write("docker", `exit ${docker}`);
  return { PATH: bin, XDG_CACHE_HOME: join(folder, `${name}-cache`), ...env };
}
