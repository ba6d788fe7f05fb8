import type { Logger } from "@carehub/database/logger";
import { createAssignment } from "./assignment.ts";
import { type Backoff, pause, waitBackoff } from "./backoff.ts";
import type { ConsumerLoop, IncomingMessage, Kafka } from "./kafka-port.ts";
import type { KeyLanes } from "./key-lanes.ts";
import type { LagWatch } from "./lag.ts";
import { createWake } from "./wake.ts";

export type LoopOptions = {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topics: readonly string[];
  readonly lanes: KeyLanes;
  readonly lagWatch: LagWatch;
  readonly logger: Logger;
  /** Prepares for a new assignment; messages wait for it. Repeated until it succeeds. */
  readonly prepare: () => Promise<void>;
  /** Settles a message; false when the signal was given first. */
  readonly deliver: (message: IncomingMessage, signal: AbortSignal) => Promise<boolean>;
  readonly stop: AbortSignal;
};

// Longer than a rebalance (10 s), shorter than anyone would wait.
const idleMsMax = 25_000;
const watchMs = 2_000;
// Many settled messages share one commit of offsets; a lost commit costs duplicates only.
const commitGapMs = 20;
const commitIdleMs = 500;
const leaveMsMax = 5_000;
const prepareBackoff: Backoff = { firstMs: 100, maxMs: 1_000 };

/**
 * One life of a member of the group: resolves when it was asked to stop, rejects when it failed or is
 * stuck; in either case it has left the group, so that its partitions go to others or to its next life.
 */
export async function runLoop(options: LoopOptions): Promise<void> {
  const { kafka, group, topics, lanes, logger, stop } = options;
  const assignment = createAssignment();
  const ended = new AbortController();
  const signal = AbortSignal.any([stop, ended.signal]);
  const settled = createWake();
  let prepared: Promise<void> = Promise.resolve();
  let loop: ConsumerLoop | undefined;

  const work = async (message: IncomingMessage) => {
    await prepared;
    // What an earlier assignment had in wait is delivered again, to whoever has the partition now.
    if (signal.aborted || !assignment.isCurrent(message)) return;
    if (await options.deliver(message, signal)) assignment.settle(message);
    settled.raise();
  };
  const startedLoop = await kafka.consume(
    { group, topics },
    {
      assigned(partitions) {
        assignment.reset(partitions);
        prepared = prepare(options, signal);
        for (const { topic, partition } of partitions) loop?.resume(topic, partition);
        logger.info({ consumer: group, partitions: partitions.length }, "partitions were assigned");
      },
      received(messages) {
        for (const message of assignment.take(messages))
          lanes.add(message.key, () => work(message));
        settled.raise();
      },
      failed: (error) => ended.abort(error),
    },
  );
  loop = startedLoop;
  const steering = steer(startedLoop, { assignment, settled, signal, logger, group });
  try {
    while (!signal.aborted) {
      await pause(watchMs, signal);
      if (startedLoop.idleMs() > idleMsMax) throw new Error("the consumer's loop is stuck");
      if (options.lagWatch.isStuck(assignment.isIdle)) throw new Error("the consumer stands still");
    }
    ended.signal.throwIfAborted();
  } finally {
    ended.abort();
    await lanes.idle();
    await leave(startedLoop, { assignment, logger, group, steering });
  }
}

// A library that hangs must not keep the next life from beginning; without heartbeats the group forgets it.
async function leave(
  loop: ConsumerLoop,
  { steering, ...rest }: Steering & { steering: Promise<void> },
): Promise<void> {
  const left = new AbortController();
  const leaving = async () => {
    await steering;
    await commitSettled(loop, rest);
    await loop.close();
  };
  const leftOrFailed = leaving()
    .catch((error) => {
      rest.logger.warn({ err: error, consumer: rest.group }, "a consumer did not leave its group");
    })
    .finally(() => left.abort());
  await Promise.race([leftOrFailed, pause(leaveMsMax, left.signal)]);
}

type Steering = {
  readonly assignment: ReturnType<typeof createAssignment>;
  readonly logger: Logger;
  readonly group: string;
};

/** Commits offsets and holds partitions back, a moment after messages were settled. */
async function steer(
  loop: ConsumerLoop,
  {
    settled,
    signal,
    ...steering
  }: Steering & { settled: ReturnType<typeof createWake>; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const { pause: hold, resume } = steering.assignment.pauses();
    for (const { topic, partition } of hold) loop.pause(topic, partition);
    for (const { topic, partition } of resume) loop.resume(topic, partition);
    await commitSettled(loop, steering);
    await pause(commitGapMs, signal);
    await settled.sleep(commitIdleMs, signal);
  }
}

async function commitSettled(
  loop: ConsumerLoop,
  { assignment, logger, group }: Steering,
): Promise<void> {
  const offsets = assignment.commitable();
  if (offsets.length === 0) return;
  try {
    await loop.commit(offsets);
    assignment.committed(offsets);
  } catch (error) {
    // A rebalance refuses it. The next turn commits again what is still ours; the rest comes as duplicates.
    logger.info({ err: error, consumer: group }, "offsets were not committed");
  }
}

async function prepare({ prepare: work, logger, group }: LoopOptions, signal: AbortSignal) {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      logger.warn({ err: error, consumer: group, attempt }, "a consumer waits for the database");
      await waitBackoff(prepareBackoff, attempt, signal);
    }
  }
}
