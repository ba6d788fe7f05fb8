import { setTimeout as delay } from "node:timers/promises";
import { answersKafka } from "./kafka-node.ts";
import { freePorts } from "./ports.ts";

const image = "apache/kafka:4.3.1";
const readyLimitMs = 120_000;

/** One broker in a container; the engine's own reaper removes it when this process dies. */
export async function startKafkaContainer(): Promise<{ brokers: string; stop(): Promise<void> }> {
  // Loaded here: it takes a second that a machine with Java need not wait.
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import("testcontainers");
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  // The broker tells its clients its own address, so the port is chosen before it starts.
  const [port = 0] = await freePorts(1);
  const container = await new GenericContainer(image)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_LISTENERS: "PLAINTEXT://:9092,CONTROLLER://:9093",
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_INTER_BROKER_LISTENER_NAME: "PLAINTEXT",
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: "false",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: "8",
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: "1",
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
      KAFKA_HEAP_OPTS: "-Xms256m -Xmx384m",
    })
    .withWaitStrategy(Wait.forLogMessage("Kafka Server started"))
    .withStartupTimeout(readyLimitMs)
    .start();
  const brokers = `${host}:${port}`;
  const stop = async (): Promise<void> => void (await container.stop());
  for (const end = Date.now() + readyLimitMs; !(await answersKafka(brokers)); await delay(50)) {
    if (Date.now() < end) continue;
    await stop();
    throw new Error(`Kafka in a container did not answer at ${brokers}.`);
  }
  return { brokers, stop };
}
