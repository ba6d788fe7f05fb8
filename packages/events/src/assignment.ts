import type { IncomingMessage, TopicOffset } from "./kafka-port.ts";
import { createLowWater, type LowWater } from "./low-water.ts";

/** What a member of a group has been given of its partitions, has in work and has done. */
export type Assignment = {
  /** Forgets everything: a new assignment delivers again from the committed offsets. */
  reset(places: readonly Place[]): void;
  /** Takes messages of one partition; those that were taken before are left out. */
  take(messages: readonly IncomingMessage[]): readonly IncomingMessage[];
  /** False when the assignment in which the message was taken is over. */
  isCurrent(message: IncomingMessage): boolean;
  /** Notes that a message is settled. */
  settle(message: IncomingMessage): void;
  /** The offsets up to which everything is settled, where that is news since the last `committed`. */
  commitable(): readonly TopicOffset[];
  committed(offsets: readonly TopicOffset[]): void;
  /** Partitions that hold too much, and those that may be read again; each is told once. */
  pauses(): { readonly pause: readonly Place[]; readonly resume: readonly Place[] };
  /** True when the partition is ours and nothing of it waits or is in work here. */
  isIdle(topic: string, partition: number): boolean;
};

export type Place = { readonly topic: string; readonly partition: number };

type Partition = Place & {
  readonly lowWater: LowWater;
  taken: bigint;
  committed: bigint;
  bytes: number;
  isPaused: boolean;
};

/** Beyond this a partition is not fetched until half of it is settled. */
export const bufferMessagesMax = 1_000;
export const bufferBytesMax = 2 * 1024 * 1024;

/** Makes an assignment without partitions; they come with their first messages. */
export function createAssignment(): Assignment {
  let partitions = new Map<string, Partition>();
  let owners = new WeakMap<IncomingMessage, Partition>();
  let assigned = new Set<string>();

  const partitionOf = ({ topic, partition, offset }: IncomingMessage): Partition => {
    const name = nameOf(topic, partition);
    let known = partitions.get(name);
    if (known === undefined) {
      const start = offset - 1n;
      const lowWater = createLowWater(start);
      const counts = { taken: start, committed: start, bytes: 0, isPaused: false };
      known = { topic, partition, lowWater, ...counts };
      partitions.set(name, known);
    }
    return known;
  };
  return {
    reset(places) {
      assigned = new Set(places.map(({ topic, partition }) => nameOf(topic, partition)));
      partitions = new Map();
      owners = new WeakMap();
    },
    take(messages) {
      return messages.filter((message) => {
        const partition = partitionOf(message);
        if (message.offset <= partition.taken) return false;
        partition.taken = message.offset;
        partition.bytes += message.value.length;
        partition.lowWater.open(message.offset);
        owners.set(message, partition);
        return true;
      });
    },
    isCurrent: (message) => owners.has(message),
    settle(message) {
      const partition = owners.get(message);
      if (partition === undefined) return;
      partition.bytes -= message.value.length;
      partition.lowWater.close(message.offset);
    },
    commitable: () =>
      [...partitions.values()]
        .filter(({ lowWater, committed }) => lowWater.mark() > committed)
        .map(({ topic, partition, lowWater }) => ({
          topic,
          partition,
          offset: lowWater.mark() + 1n,
        })),
    committed(offsets) {
      for (const { topic, partition, offset } of offsets) {
        const known = partitions.get(nameOf(topic, partition));
        if (known !== undefined) known.committed = offset - 1n;
      }
    },
    pauses() {
      const pause: Place[] = [];
      const resume: Place[] = [];
      for (const known of partitions.values()) {
        const full = fullness(known);
        if (!known.isPaused && full >= 1) pause.push(known);
        else if (known.isPaused && full <= 1 / 2) resume.push(known);
        else continue;
        known.isPaused = !known.isPaused;
      }
      return { pause, resume };
    },
    isIdle(topic, partition) {
      const name = nameOf(topic, partition);
      return assigned.has(name) && (partitions.get(name)?.lowWater.openCount() ?? 0) === 0;
    },
  };
}

function fullness({ lowWater, bytes }: Partition): number {
  return Math.max(lowWater.openCount() / bufferMessagesMax, bytes / bufferBytesMax);
}

function nameOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
