import { readConfig, serviceEnvironment } from "@carehub/runtime/config";

/** Everything that this service reads from its environment. */
export function loadConfig(variables: NodeJS.ProcessEnv) {
  const config = readConfig(serviceEnvironment, variables);
  return Object.freeze({
    databaseUrl: config.DATABASE_URL,
    brokers: config.KAFKA_BROKERS,
    grpcHost: config.GRPC_HOST,
    grpcPort: config.GRPC_PORT,
    healthPort: config.HEALTH_PORT,
    trustDomain: config.TRUST_DOMAIN,
    environment: config.CAREHUB_ENVIRONMENT ?? "production",
    tlsFiles: { ca: config.TLS_CA, cert: config.TLS_CERT, key: config.TLS_KEY },
  });
}

export type Config = ReturnType<typeof loadConfig>;
