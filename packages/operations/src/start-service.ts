/**
 * Starts everything that each service runs in the same way around its own use cases: numbering, relay,
 * consumers, sweeper, the gRPC server with the operations API beside the service's own, and the health
 * port. Closing it goes backwards: no new call, the running ones to their end, then what they wrote
 * is relayed as far as the broker takes it.
 */
import { now } from "@carehub/database/clock";
import { startSweeper } from "@carehub/database/due";
import { startNumbering } from "@carehub/database/numbering";
import type { Database } from "@carehub/database/pool";
import { forgetRequests } from "@carehub/database/requests";
import type { Due } from "@carehub/database/source";
import type { Consumer } from "@carehub/events/consumer";
import { openDeadLetters } from "@carehub/events/dead-letters";
import { openKafka } from "@carehub/events/kafka";
import type { Kafka } from "@carehub/events/kafka-port";
import { startRelay } from "@carehub/events/relay";
import type { Reasons } from "@carehub/grpc/reasons";
import { type Implementation, serve } from "@carehub/grpc/serve";
import { readTls } from "@carehub/grpc/tls";
import { startHealth } from "@carehub/runtime/health";
import type { Logger } from "@carehub/runtime/logging";
import { openLagReader } from "./lag-reader.ts";
import { operationsService } from "./operations-service.ts";

/** The part of a service's configuration that is the same in all. */
export type ServiceConfig = {
  readonly brokers: readonly string[];
  readonly grpcHost: string;
  readonly grpcPort: number;
  readonly healthHost: string;
  readonly healthPort: number;
  readonly trustDomain: string;
  readonly tlsFiles: { readonly ca: string; readonly cert: string; readonly key: string };
};

/** What a consumer is started with. */
export type Common = { readonly db: Database; readonly kafka: Kafka; readonly logger: Logger };

/** What is a service's own. */
export type ServiceParts = {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly db: Database;
  readonly logger: Logger;
  readonly startConsumers: (common: Common) => readonly Consumer[];
  /** Raises a due row. */
  readonly raise: (due: Due) => Promise<unknown>;
  readonly services: readonly Implementation[];
  readonly reasons: Reasons;
};

const forgetEveryMs = 3_600_000;

/** Starts the service; answers its ports and how to close it. */
export async function startService(parts: ServiceParts) {
  const { name, config, db, logger, reasons } = parts;
  const machinery = startMachinery(parts);
  const server = await serve({
    name,
    host: config.grpcHost,
    port: config.grpcPort,
    tls: await readTls(config.tlsFiles),
    trustDomain: config.trustDomain,
    services: [...parts.services, machinery.operations],
    reasons,
    logger,
  });
  const health = await startHealth({
    host: config.healthHost,
    port: config.healthPort,
    ready: { database: () => now(db) },
  });
  return {
    ready: { grpcPort: server.port, healthPort: health.port },
    close: async () => {
      health.drain();
      await server.close();
      await machinery.close();
      await health.close();
    },
  };
}

function startMachinery({ name, config, db, logger, startConsumers, raise }: ServiceParts) {
  const kafka = openKafka({ brokers: config.brokers, clientId: name, logger });
  const producer = kafka.producer();
  const numbering = startNumbering(db, { logger });
  const relay = startRelay({ db, producer, name, logger });
  const consumers = startConsumers({ db, kafka, logger });
  const sweeper = startSweeper(db, { raise, logger });
  const lag = openLagReader(kafka, consumers);
  const forgetting = forgetRequestsHourly(db, logger);
  const deadLetters = openDeadLetters({ db, consumers, logger });
  const lags = { relayLag: relay.lag, consumerLag: lag.read };
  const operated = { ...{ db, consumers, deadLetters, logger }, ...lags };
  return {
    operations: operationsService(name, operated),
    close: async () => {
      clearInterval(forgetting);
      await Promise.all([sweeper.close(), ...consumers.map((consumer) => consumer.close())]);
      await relay.close();
      await Promise.all([numbering.close(), producer.close(), lag.close()]);
    },
  };
}

/** Request ids are kept for 30 days; what is older goes, a bounded number at a time. */
function forgetRequestsHourly(db: Database, logger: Logger): NodeJS.Timeout {
  const forget = () => {
    forgetRequests(db).catch((error: unknown) => {
      logger.warn({ err: error }, "old requests were not forgotten; the next hour tries again");
    });
  };
  return setInterval(forget, forgetEveryMs).unref();
}
