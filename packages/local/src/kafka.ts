import { startKafkaContainer } from "./kafka-container.ts";
import { getKafkaJars } from "./kafka-jars.ts";
import { startKafkaNode } from "./kafka-node.ts";
import { assertPrerequisites, findKafkaSource } from "./prerequisites.ts";
import type { Instance } from "./state.ts";

/** A Kafka broker that answers. */
export type Kafka = {
  /** A comma list of host:port, as in KAFKA_BROKERS. */
  brokers: string;
  /** True when it is the one named by KAFKA_BROKERS, which outlives us and keeps its topics. */
  external: boolean;
  /** Stops the broker and what it held; does nothing to an external one. May be repeated. */
  stop(): Promise<void>;
};

/**
 * Gives the broker at KAFKA_BROKERS; else starts one: from the published jars where there is Java
 * 17, else in a container. Resolves when it serves requests and groups; starts with no topics.
 */
export async function startKafka({
  instance,
  log = () => undefined,
}: {
  instance: Instance;
  log?: (line: string) => void;
}): Promise<Kafka> {
  const source = findKafkaSource();
  switch (source?.kind) {
    case "given":
      return { brokers: source.brokers, external: true, stop: async () => undefined };
    case "java": {
      const jars = await getKafkaJars(instance, { maven: source.maven, log });
      log("Kafka: starting a broker");
      return announce(await startKafkaNode({ instance, java: source.java, jars }), log);
    }
    case "container":
      log("Kafka: starting a broker in a container");
      return announce(await startKafkaContainer(), log);
    case undefined:
      assertPrerequisites();
      throw new Error("There is nothing to start Kafka with.");
    default:
      return source satisfies never;
  }
}

function announce(started: Omit<Kafka, "external">, log: (line: string) => void): Kafka {
  log(`Kafka: listening on ${started.brokers}`);
  return { ...started, external: false };
}
