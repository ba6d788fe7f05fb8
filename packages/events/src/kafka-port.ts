/** One message as it goes to the broker; its partition is chosen by us, never by the library. */
export type OutgoingMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

/** One message as it came from the broker; nothing in it is trusted yet. */
export type IncomingMessage = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
};

/** A place in a partition: the next offset to be read there. */
export type TopicOffset = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
};

/** Sends a batch; resolves when every replica in sync has every message of it, in the batch's order. */
export type Producer = {
  send(messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
};

/** What a member of a consumer group is told. All three are called in order and must return at once. */
export type ConsumerListener = {
  /** The group assigned partitions anew: whatever was delivered before is delivered again from the committed offset. */
  assigned(partitions: readonly { topic: string; partition: number }[]): void;
  /** Messages of one partition in offset order; `head` is the partition's end. */
  received(messages: readonly IncomingMessage[], head: bigint): void;
  /** The loop has stopped for good; only a new one goes on. */
  failed(error: Error): void;
};

/** One member of a consumer group. Offsets are committed by us, after the effects. */
export type ConsumerLoop = {
  commit(offsets: readonly TopicOffset[]): Promise<void>;
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  /** Milliseconds since the broker last answered a fetch or a heartbeat. */
  idleMs(): number;
  close(): Promise<void>;
};

/** How far a group is behind the end of one partition. */
export type PartitionLag = {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** The next offset that the group reads; where it never committed, the first that is kept. */
  readonly next: bigint;
  readonly lag: bigint;
};

/** A topic to be made: its partitions are part of the contract, since they decide the order of keys. */
export type TopicPlan = {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly config: Readonly<Record<string, string>>;
};

export type Admin = {
  /** Creates what is missing and leaves the rest; the brokers may need a moment to serve it. */
  createTopics(plans: readonly TopicPlan[]): Promise<void>;
  /** Fails while a partition of the topic has no leader that serves it. */
  countPartitions(topic: string): Promise<number>;
  /** A partition that the group never committed counts from its first message. */
  lag(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]>;
  close(): Promise<void>;
};

/** Everything that this house needs of Kafka, so that the client library can be replaced in one file. */
export type Kafka = {
  /** Connects with the first send, so that a service starts before its broker. */
  producer(): Producer;
  consume(
    options: { group: string; topics: readonly string[] },
    listener: ConsumerListener,
  ): Promise<ConsumerLoop>;
  admin(): Promise<Admin>;
};
