import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Kafka as KafkaClient, logLevel } from "kafkajs";
import { freePorts } from "./ports.ts";
import { endProcess, isAlive } from "./process-table.ts";
import { runProgram } from "./run-program.ts";
import type { Instance } from "./state.ts";

/** One broker that is its own controller, from the published jars; its data goes with the instance. */
export async function startKafkaNode(options: {
  instance: Instance;
  java: string;
  jars: string;
}): Promise<{ brokers: string; stop(): Promise<void> }> {
  const { instance, java, jars } = options;
  const folder = join(instance.folder, "kafka");
  mkdirSync(folder);
  for (let attempt = 1; ; attempt += 1) {
    const [port = 0, controllerPort = 0] = await freePorts(2);
    const files = writeSettings(join(folder, String(attempt)), { port, controllerPort });
    const command = [...jvmFlags, `-Dlog4j2.configurationFile=${files.logging}`];
    command.push("-cp", join(jars, "*"));
    const format = ["format", "--cluster-id", clusterId, "--config", files.server];
    const args = [...command, "kafka.tools.StorageTool", ...format];
    await runProgram(instance, { label: "kafka-format", program: java, args });
    const node = await launch(instance, [java, ...command, "kafka.Kafka", files.server], {
      brokers: `127.0.0.1:${port}`,
      logFile: files.output,
    });
    if (node !== "port-taken") return node;
    if (attempt === startAttemptsMax) throw new Error("No free port stayed free for Kafka.");
  }
}

const startAttemptsMax = 3;
const readyLimitMs = 90_000;
const stopGraceMs = 15_000;
const clusterId = "Y2FyZWh1Yi1vbi1vbmU0OA";

// 340 MB in all; the small compiler halves the start, and nothing here lives long enough for the other.
const jvmFlags = [
  "-Xms256m",
  "-Xmx384m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-XX:-UsePerfData",
];

type Files = { server: string; logging: string; output: string };

function writeSettings(
  folder: string,
  { port, controllerPort }: { port: number; controllerPort: number },
): Files {
  mkdirSync(folder);
  const settings = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": join(folder, "data"),
    "auto.create.topics.enable": false,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 8,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
  };
  const files = {
    server: join(folder, "server.properties"),
    logging: join(folder, "log4j2.xml"),
    output: join(folder, "output.log"),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(files.server, lines.join(""));
  writeFileSync(files.logging, logging);
  return files;
}

const logging = `<Configuration>
  <Appenders>
    <Console name="out"><PatternLayout pattern="%d{ISO8601} %p %c %m%n"/></Console>
  </Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
`;

async function launch(
  instance: Instance,
  [program = "", ...args]: string[],
  { brokers, logFile }: { brokers: string; logFile: string },
): Promise<{ brokers: string; stop(): Promise<void> } | "port-taken"> {
  const output = openSync(logFile, "w");
  // Its own process group: a Ctrl-C reaches only us, and we stop the services before their broker.
  const child = spawn(program, args, {
    cwd: "/",
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  child.unref();
  child.on("error", () => undefined); // No pid then: record says so.
  const identity = instance.record("kafka", child, "SIGTERM");
  for (const end = Date.now() + readyLimitMs; !(await answersKafka(brokers)); await delay(50)) {
    if (isAlive(identity) && Date.now() < end) continue;
    await endProcess(identity, "SIGTERM", stopGraceMs);
    const said = readFileSync(logFile, "utf8");
    if (said.includes("Address already in use")) return "port-taken";
    throw new Error(`Kafka did not start:\n${said.slice(-2_000)}`);
  }
  return { brokers, stop: () => endProcess(identity, "SIGTERM", stopGraceMs) };
}

/** True when the broker serves requests and coordinates groups, whose topic it makes when first asked. */
export async function answersKafka(brokers: string): Promise<boolean> {
  if (!(await isListening(brokers))) return false;
  const client = new KafkaClient({
    brokers: brokers.split(","),
    clientId: "carehub-local",
    connectionTimeout: 1_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = client.admin();
  try {
    await admin.connect();
    await admin.fetchTopicMetadata(); // Fills the list of brokers, which the next call needs.
    await admin.fetchOffsets({ groupId: "carehub-local", topics: [] });
    return true;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

// The client library takes far longer over a closed port than this.
function isListening(brokers: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${brokers.split(",")[0]}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
