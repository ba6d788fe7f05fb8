import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { MessageSource } from "@carehub/database/source";
import { must } from "@carehub/rules/fault";
import { attributes } from "@carehub/runtime/attributes";
import { parseTraceparent, runInTraceparent } from "@carehub/runtime/trace";
import { UndecodableError } from "./failures.ts";
import type { Handled, Message, Subscription } from "./message.ts";
import type { WireEvent } from "./wire.ts";

/** Marks an event as seen that had no effect; fails with EventGapError when its predecessor was not. */
export type MarkSeen = (source: MessageSource) => Promise<"done" | "duplicate">;

/** Tries one event once, in its trace; whatever it throws, it may be tried again. */
export type Attempt = (event: WireEvent, tries: number) => Promise<Handled>;

/** Makes the one way in which a consumer's messages are handled, fresh or replayed. */
export function createAttempt(options: {
  readonly consumer: string;
  readonly subscriptions: readonly Subscription<DescMessage>[];
  readonly markSeen: MarkSeen;
}): Attempt {
  const { consumer, markSeen } = options;
  const byTopic = new Map(options.subscriptions.map((entry) => [entry.topic, entry]));
  return (event, tries) =>
    runInTraceparent(
      event.traceparent,
      {
        name: `process ${event.topic}`,
        kind: "CONSUMER",
        attributes: {
          [attributes.consumer]: consumer,
          [attributes.topic]: event.topic,
          [attributes.eventType]: event.type,
          [attributes.eventId]: event.eventId,
          [attributes.aggregate]: event.aggregate,
          [attributes.revision]: event.revision,
          [attributes.attempt]: tries,
        },
      },
      async (span) => {
        const subscription = must(byTopic.get(event.topic), "only subscribed topics are read");
        const message = toMessage(event, { consumer, schema: subscription.schema });
        const handled = await subscription.handle(message);
        const isLeftToUs = handled === "ignored" || handled === "unknown-variant";
        const outcome =
          isLeftToUs && (await markSeen(message.seen)) === "duplicate" ? "duplicate" : handled;
        span.setAttribute(attributes.outcome, outcome);
        return outcome;
      },
    );
}

function toMessage<Schema extends DescMessage>(
  event: WireEvent,
  { consumer, schema }: { consumer: string; schema: Schema },
): Message<MessageShape<Schema>> {
  const { topic, key, aggregate, revision, type, eventId } = event;
  const traceId = parseTraceparent(event.traceparent)?.traceId;
  return {
    id: eventId,
    type,
    topic,
    key,
    aggregate,
    revision,
    time: event.occurredAt,
    actor: event.actor,
    traceId,
    event: decode(schema, event.payload),
    seen: {
      kind: "message",
      consumer,
      topic,
      aggregate,
      revision,
      eventId,
      ...(traceId === undefined ? {} : { traceId }),
    },
  };
}

function decode<Schema extends DescMessage>(
  schema: Schema,
  payload: Uint8Array,
): MessageShape<Schema> {
  try {
    return fromBinary(schema, payload);
  } catch (error) {
    throw new UndecodableError(error);
  }
}
