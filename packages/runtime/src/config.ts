import { z } from "zod";

const portMax = 65_535;
const optionalText = z.string().min(1).optional();

/** A TCP port of an environment variable; 0 lets the system choose one. */
export const port = z.coerce.number().int().min(0).max(portMax);

/**
 * What every service reads from its environment; a service extends it with its own. A gRPC or
 * health port that is not given is chosen by the system and told by the `ready` line.
 */
export const serviceEnvironment = z.object({
  DATABASE_URL: z.url(),
  KAFKA_BROKERS: z.string().transform(toList).pipe(z.array(z.string()).min(1)),
  GRPC_HOST: z.string().default("127.0.0.1"),
  GRPC_PORT: port.default(0),
  HEALTH_HOST: z.string().default("127.0.0.1"),
  HEALTH_PORT: port.default(0),
  TLS_CA: z.string(),
  TLS_CERT: z.string(),
  TLS_KEY: z.string(),
  TRUST_DOMAIN: z.string().default("carehub.example"),
  CAREHUB_ENVIRONMENT: optionalText,
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
});

/** What every service makes of its environment; `environment` is `production` unless told. */
export function toServiceConfig(variables: z.output<typeof serviceEnvironment>) {
  return {
    databaseUrl: variables.DATABASE_URL,
    brokers: variables.KAFKA_BROKERS,
    grpcHost: variables.GRPC_HOST,
    grpcPort: variables.GRPC_PORT,
    healthHost: variables.HEALTH_HOST,
    healthPort: variables.HEALTH_PORT,
    trustDomain: variables.TRUST_DOMAIN,
    environment: variables.CAREHUB_ENVIRONMENT ?? "production",
    tlsFiles: { ca: variables.TLS_CA, cert: variables.TLS_CERT, key: variables.TLS_KEY },
  };
}

/**
 * Reads the environment by a schema and freezes the result. An empty variable counts as absent.
 * The error names every variable that is wrong and what was expected, never a value.
 */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<Schema>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, environment[name] || undefined]),
  );
  const result = schema.safeParse(given);
  if (result.success) return Object.freeze(result.data);
  const faults = result.error.issues.map((issue) => {
    const name = String(issue.path[0] ?? "environment");
    return given[name] === undefined ? `${name} is missing` : `${name}: ${issue.message}`;
  });
  throw new Error(`the environment is not valid: ${[...new Set(faults)].join("; ")}`);
}

function toList(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
