/*
 * How an event looks on Kafka: CloudEvents 1.0 in binary mode. The value is the raw protobuf message,
 * the headers carry the rest, and W3C `traceparent` continues the trace of the command that made it.
 * Attributes of our own (`ce_aggregate`, `ce_revision`, `ce_actor`) are lower case, as CloudEvents asks.
 */
import type { LoggedEvent } from "@carehub/database/event-log";
import type { Actor } from "@carehub/rules/caller";
import type { IncomingMessage, OutgoingMessage } from "./kafka-port.ts";
import { partitionOf } from "./partition.ts";
import { partitionsOfTopic } from "./topics.ts";

/** What Kafka is told of an event. */
export type WireEvent = Pick<
  LoggedEvent,
  "eventId" | "topic" | "key" | "aggregate" | "revision" | "type" | "occurredAt" | "traceparent"
> & { readonly actor: Actor | null; readonly payload: Uint8Array };

const specVersion = "1.0";
const contentType = "application/protobuf";

/** The message that stands for an event; with the same event it is the same bytes. */
export function toMessage(event: WireEvent): OutgoingMessage {
  const headers: Record<string, string> = {
    ce_id: event.eventId,
    ce_type: event.type,
    ce_source: sourceOf(event.topic),
    ce_time: event.occurredAt.toString(),
    ce_specversion: specVersion,
    "content-type": contentType,
    ce_aggregate: event.aggregate,
    ce_revision: `${event.revision}`,
  };
  if (event.actor !== null) headers.ce_actor = JSON.stringify(event.actor);
  if (event.traceparent !== null) headers.traceparent = event.traceparent;
  return {
    topic: event.topic,
    partition: partitionOf(event.key, partitionsOfTopic),
    key: event.key,
    value: event.payload,
    headers,
  };
}

/** Reads a message back; what is missing or malformed is told by the header's name, never its content. */
export function readMessage(message: IncomingMessage): WireEvent | { readonly malformed: string } {
  const { headers } = message;
  if (headers.ce_specversion !== specVersion) return { malformed: "ce_specversion" };
  if (headers["content-type"] !== contentType) return { malformed: "content-type" };
  const { ce_id: eventId, ce_type: type, ce_aggregate: aggregate } = headers;
  if (!eventId) return { malformed: "ce_id" };
  if (!type) return { malformed: "ce_type" };
  if (!aggregate) return { malformed: "ce_aggregate" };
  const revision = Number(headers.ce_revision);
  if (!Number.isSafeInteger(revision) || revision < 1) return { malformed: "ce_revision" };
  const occurredAt = readInstant(headers.ce_time ?? "");
  if (occurredAt === undefined) return { malformed: "ce_time" };
  const actor = readActor(headers.ce_actor);
  if (actor === "malformed") return { malformed: "ce_actor" };
  return {
    eventId,
    type,
    aggregate,
    revision,
    occurredAt,
    actor,
    topic: message.topic,
    key: message.key,
    payload: message.value,
    traceparent: headers.traceparent ?? null,
  };
}

/** `carehub.intake.cases` is told by `/carehub/intake`. */
function sourceOf(topic: string): string {
  return `/${topic.split(".").slice(0, -1).join("/")}`;
}

function readInstant(text: string): Temporal.Instant | undefined {
  try {
    return Temporal.Instant.from(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readActor(text: string | undefined): Actor | null | "malformed" {
  if (text === undefined) return null;
  try {
    const actor: unknown = JSON.parse(text);
    return isActor(actor) ? actor : "malformed";
  } catch (error) {
    if (error instanceof SyntaxError) return "malformed";
    throw error;
  }
}

function isActor(value: unknown): value is Actor {
  if (typeof value !== "object" || value === null) return false;
  const { reference, role } = value as Record<string, unknown>;
  return typeof reference === "string" && typeof role === "string";
}
