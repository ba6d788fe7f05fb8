import type { Logger } from "@carehub/database/logger";
import { pause } from "./backoff.ts";
import type { Admin, Kafka, PartitionLag } from "./kafka-port.ts";

/** What a group reads. */
export type GroupTopics = { readonly group: string; readonly topics: readonly string[] };

/** How far groups are behind, by partition, now; whoever moves the clock waits until all of it is zero. */
export async function consumerLag(
  kafka: Kafka,
  groups: readonly GroupTopics[],
): Promise<readonly PartitionLag[]> {
  const admin = await kafka.admin();
  try {
    const lags = await Promise.all(groups.map(({ group, topics }) => admin.lag(group, topics)));
    return lags.flat();
  } finally {
    await admin.close();
  }
}

/** The lag of one group as it was last seen, at most some seconds ago. */
export type LagWatch = {
  latest(): readonly PartitionLag[];
  /** True when a partition that is idle here has stood still for long although messages wait in it. */
  isStuck(isIdle: (topic: string, partition: number) => boolean): boolean;
  close(): Promise<void>;
};

const watchMs = 5_000;
const standstillMsMax = 20_000;

/** Watches one group until it is closed; while the broker does not answer, the last figures stay. */
export function watchLag(
  { kafka, logger }: { readonly kafka: Kafka; readonly logger: Logger },
  { group, topics }: GroupTopics,
): LagWatch {
  const stop = new AbortController();
  let latest: readonly PartitionLag[] = [];
  let progress: Progress = new Map();
  const running = (async () => {
    let admin: Admin | undefined;
    while (!stop.signal.aborted) {
      try {
        admin ??= await kafka.admin();
        latest = await admin.lag(group, topics);
        progress = followProgress(progress, latest, performance.now());
      } catch (error) {
        logger.info({ err: error, consumer: group }, "the consumer's lag was not read");
        await admin?.close();
        admin = undefined;
      }
      await pause(watchMs, stop.signal);
    }
    await admin?.close();
  })();
  return {
    latest: () => latest,
    isStuck: (isIdle) => isStandingStill(progress, isIdle),
    async close() {
      stop.abort();
      await running;
    },
  };
}

/** Since when each partition with waiting messages has been at the same offset. */
export type Progress = ReadonlyMap<
  string,
  { readonly lag: PartitionLag; readonly sinceMs: number; readonly stillMs: number }
>;

/** Takes new figures into account. */
export function followProgress(
  before: Progress,
  lags: readonly PartitionLag[],
  nowMs: number,
): Progress {
  return new Map(
    lags
      .filter(({ lag }) => lag > 0n)
      .map((lag) => {
        const name = `${lag.topic}/${lag.partition}`;
        const known = before.get(name);
        const sinceMs = known?.lag.next === lag.next ? known.sinceMs : nowMs;
        return [name, { lag, sinceMs, stillMs: nowMs - sinceMs }];
      }),
  );
}

/** True when an idle partition stood still for longer than any fetch may take. */
export function isStandingStill(
  progress: Progress,
  isIdle: (topic: string, partition: number) => boolean,
): boolean {
  return [...progress.values()].some(
    ({ lag, stillMs }) => stillMs >= standstillMsMax && isIdle(lag.topic, lag.partition),
  );
}
