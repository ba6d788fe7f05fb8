import { type FastifyInstance, fastify } from "fastify";
import { currentTelemetry } from "./telemetry-state.ts";

const checkLimitMs = 2_000;
const requestLimitMs = 5_000;
const loopback = "127.0.0.1";

/**
 * One thing that this process itself needs; it fails by throwing, by false or by taking too long.
 */
export type ReadinessCheck = () => unknown;

/** What the health port asks: the checks by name, `database` for instance. */
export type HealthSettings = { readonly ready: Readonly<Record<string, ReadinessCheck>> };

/** A health port that listens; after `drain` it answers not ready until it is closed. */
export type Health = {
  readonly port: number;
  readonly drain: () => void;
  readonly close: () => Promise<void>;
};

/** Opens /healthz, /readyz and /metrics on the loopback address; port 0 lets the system choose. */
export async function startHealth(
  settings: HealthSettings & { readonly port: number; readonly host?: string },
): Promise<Health> {
  let draining = false;
  const server = buildHealth({
    ready: { ...settings.ready, draining: () => !draining },
  });
  const address = await server.listen({ port: settings.port, host: settings.host ?? loopback });
  return {
    port: Number(new URL(address).port),
    drain: () => {
      draining = true;
    },
    close: () => server.close(),
  };
}

/**
 * Builds the health port without listening. /healthz says only that the process answers; /readyz
 * runs every check, each within two seconds, and names those that fail; /metrics is Prometheus
 * text.
 */
export function buildHealth({ ready }: HealthSettings): FastifyInstance {
  const server = fastify({
    logger: false,
    requestTimeout: requestLimitMs,
    forceCloseConnections: true,
  });
  server.get("/healthz", async () => ({ status: "alive" }));
  server.get("/readyz", async (_request, reply) => {
    const failing = await failingChecks(ready);
    if (failing.length > 0) reply.code(503);
    return failing.length === 0 ? { status: "ready" } : { status: "not ready", failing };
  });
  server.get("/metrics", async (_request, reply) => {
    reply.type("text/plain; version=0.0.4; charset=utf-8");
    return await currentTelemetry().readMetrics();
  });
  return server;
}

async function failingChecks(checks: HealthSettings["ready"]): Promise<string[]> {
  const names = Object.keys(checks);
  const verdicts = await Promise.all(Object.values(checks).map(passes));
  return names.filter((_name, index) => verdicts[index] === false);
}

async function passes(check: ReadinessCheck): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, checkLimitMs, false);
  try {
    return (await Promise.race([run(check), tooLate])) !== false;
  } catch {
    // What failed is named to the prober; its text may hold more than a prober may see.
    return false;
  } finally {
    clearTimeout(timer);
  }
}

async function run(check: ReadinessCheck): Promise<unknown> {
  return await check();
}
