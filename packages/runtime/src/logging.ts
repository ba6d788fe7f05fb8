import { isSpanContextValid, trace } from "@opentelemetry/api";
import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { type LogOutput, openLogOutput } from "./log-output.ts";

/** What the house logs with: JSON lines with `trace_id` and `span_id` wherever a span is active. */
export type Logger = PinoLogger;

const depthMax = 5;
const redacted = "[redacted]";

/**
 * Keys whose value never reaches a log line, at any depth; compared in lower case without `_` and
 * `-`.
 */
const redactedKeys = new Set([
  "address",
  "authorization",
  "birthdate",
  "blindindexkey",
  "body",
  "contact",
  "cookie",
  "databaseurl",
  "displayname",
  "document",
  "documentnumber",
  "email",
  "familyname",
  "fullname",
  "givenname",
  "identity",
  "identitykey",
  "keysdatabaseurl",
  "password",
  "patientname",
  "payload",
  "phone",
  "privatekey",
  "request",
  "response",
  "secret",
  "signature",
  "tlskey",
  "token",
]);

/**
 * Makes a service's logger. Lines go to standard output within a tenth of a second and at
 * exit; only a process that is killed loses its last ones.
 * Protobuf messages, bytes and the keys of the redaction list are never written out.
 */
export function createLogger(
  service: string,
  options: { readonly level?: string; readonly destination?: DestinationStream } = {},
): Logger {
  const destination = options.destination ?? standardOutput();
  return pino(
    {
      level: options.level ?? process.env.LOG_LEVEL ?? "info",
      base: { service },
      timestamp: timeField,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      serializers: { err: (error: unknown) => error, error: (error: unknown) => error },
      mixin: traceFields,
    },
    destination,
  );
}

/** Resolves when every line is on standard output, or nobody is there to read it. */
export async function flushLogs(): Promise<void> {
  await output?.flush();
}

/**
 * What of an error may be logged: kind, text, stack, codes and causes, but no rows of a database.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const known = error as Error & { code?: unknown; reason?: unknown; constraint?: unknown };
  const message = holdsValues(known.code) ? redacted : error.message;
  return {
    type: error.name,
    message,
    stack: error.stack?.replace(error.message, message),
    ...pick(known, ["code", "sqlState", "reason", "constraint"]),
    ...(error.cause === undefined || depth >= depthMax
      ? {}
      : { cause: describeError(error.cause, depth + 1) }),
  };
}

let output: LogOutput | undefined;

function standardOutput(): LogOutput {
  output ??= openLogOutput(1);
  return output;
}

let writtenMs = 0;
let writtenTime = "";

/** Many lines share a millisecond, and writing a time costs as much as the rest of a short line. */
function timeField(): string {
  const nowMs = Date.now();
  if (nowMs !== writtenMs) {
    writtenMs = nowMs;
    writtenTime = `,"time":"${new Date(nowMs).toISOString()}"`;
  }
  return writtenTime;
}

function traceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}

function redactFields(fields: object): Record<string, unknown> {
  return redactObject(fields, 0);
}

function redactObject(fields: object, depth: number): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    safe[key] = isRedacted(key) ? redacted : redactValue(value, depth);
  }
  return safe;
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (ArrayBuffer.isView(value)) return redacted;
  if ("$typeName" in value) return `[message ${String(value.$typeName)}]`;
  if (Array.isArray(value)) {
    return depth >= depthMax ? redacted : value.map((item) => redactValue(item, depth + 1));
  }
  if ("toJSON" in value) return value;
  return depth >= depthMax ? redacted : redactObject(value, depth + 1);
}

const keyVerdicts = new Map<string, boolean>();
const keyVerdictsMax = 10_000;

/** Remembers its answers: log lines repeat few keys. */
function isRedacted(key: string): boolean {
  const known = keyVerdicts.get(key);
  if (known !== undefined) return known;
  const verdict = redactedKeys.has(key.toLowerCase().replaceAll(/[_-]/g, ""));
  if (keyVerdicts.size < keyVerdictsMax) keyVerdicts.set(key, verdict);
  return verdict;
}

/** PostgreSQL's data exceptions (class 22) repeat the value that they refuse. */
function holdsValues(code: unknown): boolean {
  return typeof code === "string" && /^22[0-9A-Z]{3}$/.test(code);
}

function pick(from: object, keys: readonly string[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const key of keys) {
    const value = (from as Record<string, unknown>)[key];
    if (typeof value === "string" || typeof value === "number") found[key] = value;
  }
  return found;
}
