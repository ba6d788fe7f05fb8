/**
 * The telemetry preload: `node --import @carehub/runtime/telemetry main.ts`.
 *
 * It hooks module loading first and imports everything else after that: a library that was loaded
 * before the hook makes no spans and says nothing. Traces and metrics go out by OTLP only when
 * OTEL_EXPORTER_OTLP_ENDPOINT is set (http/protobuf, or http/json by OTEL_EXPORTER_OTLP_PROTOCOL);
 * without it every call still has a trace id, and metrics can be read from the health port. Spans
 * that do not fit the queue are dropped and counted (`otel_sdk_processor_span_processed_total` with
 * `error_type="queue_full"`), never silently. Sampling follows the parent, and for new traces the
 * ratio of OTEL_TRACES_SAMPLER_ARG (default all). Not guaranteed: spans of a process that was
 * killed.
 */
import { register } from "import-in-the-middle/register-hooks.mjs";

register({ include: ["@grpc/grpc-js", "pg", "pg-pool"] });

const { startTelemetry } = await import("./telemetry-sdk.ts");
startTelemetry(process.env);
