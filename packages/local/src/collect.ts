/**
 * Keeps the traces of an installation in containers in memory, for a look at single ones; the
 * profile `telemetry` of docker-compose.yml runs it. Production sends to a collector of its own.
 */
import { startCollector } from "./collector.ts";
import { startTraceReader } from "./trace-reader.ts";

const otlpPort = 4318;
const everywhere = "0.0.0.0"; // Of a container, whose network is its own.

const collector = await startCollector({ host: everywhere, port: otlpPort });
const reader = await startTraceReader(collector.spans, {
  host: everywhere,
  port: Number(process.env.HEALTH_PORT),
});
process.stdout.write(`receiving traces on port ${otlpPort}, showing them on ${reader.port}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
