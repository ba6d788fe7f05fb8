import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { MessageSource } from "@carehub/database/source";
import type { Actor } from "@carehub/rules/caller";

/** One event of another service, as a handler gets it. */
export type Message<Event> = {
  readonly id: string;
  /** The CloudEvents type, `carehub.intake.v1.ReferralAccepted`. */
  readonly type: string;
  readonly topic: string;
  readonly key: string;
  /** The source's aggregate, `referrals/{uuid}`. */
  readonly aggregate: string;
  readonly revision: number;
  readonly time: Temporal.Instant;
  readonly actor: Actor | null;
  /** The trace of the command that made the event; the handler's spans stand in it. */
  readonly traceId: string | undefined;
  readonly event: Event;
  /** The source of the change that the handler makes: it is used up in the same commit. */
  readonly seen: MessageSource;
};

/**
 * How a handler ended. `done` and `duplicate` come from its own commit, which carried `seen`; after `ignored`
 * (nothing to do here) and `unknown-variant` (a newer producer) the consumer marks the event as seen.
 */
export type Handled = "done" | "duplicate" | "ignored" | "unknown-variant";

/** Handles one message; it may be called again with the same one, and concurrently for other keys. */
export type Handle<Event> = (message: Message<Event>) => Handled | Promise<Handled>;

/** A topic, the message that it carries, and who handles it. */
export type Subscription<Schema extends DescMessage> = {
  readonly topic: string;
  readonly schema: Schema;
  readonly handle: Handle<MessageShape<Schema>>;
};

/** Subscriptions of several schemas, each handler typed by its own. */
export type Subscriptions<Schemas extends readonly DescMessage[]> = {
  readonly [At in keyof Schemas]: Subscription<Schemas[At]>;
};
