import { metrics } from "@opentelemetry/api";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { GrpcInstrumentation } from "@opentelemetry/instrumentation-grpc";
import { PgInstrumentation } from "@opentelemetry/instrumentation-pg";
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
} from "@opentelemetry/resources";
import {
  type IMetricReader,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  NoopSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import { installTelemetry } from "./telemetry-state.ts";

const spanQueueMax = 32_768;
const spanBatchMax = 2_048;
const spanDelayMs = 500;
const exportTimeoutMs = 5_000;
const metricIntervalMs = 15_000;

type Environment = Readonly<Record<string, string | undefined>>;
type Export = "none" | "http/protobuf" | "http/json";

/**
 * Starts traces and metrics for this process by the OTEL_ variables; called by the preload alone.
 */
export function startTelemetry(environment: Environment): void {
  const exported = exportOf(environment);
  const resource = defaultResource().merge(detectResources({ detectors: [envDetector] }));
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const meterProvider = startMetrics(resource, prometheus, exported);
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    metricReaders: [],
    logRecordProcessors: [],
    sampler: samplerOf(environment, exported),
    spanProcessors: [spanProcessorOf(exported, meterProvider)],
    instrumentations: [
      new GrpcInstrumentation({ ignoreGrpcMethods: ["Check", "Watch", "List"] }),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
    ],
  });
  sdk.start();
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  installTelemetry({
    readMetrics: async () => serializer.serialize((await prometheus.collect()).resourceMetrics),
    shutdown: async () => {
      await Promise.allSettled([sdk.shutdown(), meterProvider.shutdown()]);
    },
  });
}

function exportOf(environment: Environment): Export {
  if (!environment.OTEL_EXPORTER_OTLP_ENDPOINT) return "none";
  const protocol = environment.OTEL_EXPORTER_OTLP_PROTOCOL || "http/protobuf";
  if (protocol === "http/protobuf" || protocol === "http/json") return protocol;
  throw new Error(
    `OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}; http/protobuf and http/json are known`,
  );
}

function startMetrics(
  resource: Resource,
  prometheus: PrometheusExporter,
  exported: Export,
): MeterProvider {
  const readers: IMetricReader[] = [prometheus];
  if (exported !== "none") {
    readers.push(
      new PeriodicExportingMetricReader({
        exporter: exported === "http/json" ? new JsonMetricExporter() : new OTLPMetricExporter(),
        exportIntervalMillis: metricIntervalMs,
        exportTimeoutMillis: exportTimeoutMs,
      }),
    );
  }
  const provider = new MeterProvider({ resource, readers });
  metrics.setGlobalMeterProvider(provider);
  return provider;
}

/** The defaults (2,048 spans every 5 seconds) drop spans above about 400 a second. */
function spanProcessorOf(exported: Export, meterProvider: MeterProvider): SpanProcessor {
  if (exported === "none") return new NoopSpanProcessor();
  return new BatchSpanProcessor({
    exporter: exported === "http/json" ? new JsonTraceExporter() : new OTLPTraceExporter(),
    maxQueueSize: spanQueueMax,
    maxExportBatchSize: spanBatchMax,
    scheduledDelayMillis: spanDelayMs,
    exportTimeoutMillis: exportTimeoutMs,
    selfObsMeterProvider: meterProvider,
  });
}

/** Spans that nobody receives are not recorded; their ids are still made and passed on. */
function samplerOf(environment: Environment, exported: Export): Sampler {
  if (exported === "none") return new AlwaysOffSampler();
  const ratio = Number(environment.OTEL_TRACES_SAMPLER_ARG || "1");
  if (!(ratio >= 0 && ratio <= 1)) throw new Error("OTEL_TRACES_SAMPLER_ARG is not within 0 and 1");
  return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
}
