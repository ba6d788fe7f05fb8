import type { Admin, Kafka } from "@carehub/events/kafka-port";

/** Reads how many messages a service's consumers have not settled, on one connection that is kept. */
export type LagReader = {
  /** The sum over all groups, now; fails when the broker does not answer, and connects anew next time. */
  readonly read: () => Promise<bigint>;
  readonly close: () => Promise<void>;
};

type Group = { readonly group: string; readonly topics: readonly string[] };

/** Opens a reader; nothing is connected before the first reading. */
export function openLagReader(kafka: Kafka, groups: readonly Group[]): LagReader {
  let connected: Promise<Admin> | undefined;
  const disconnect = async () => {
    const admin = await connected?.catch(() => undefined);
    connected = undefined;
    await admin?.close();
  };
  return {
    read: async () => {
      connected ??= kafka.admin();
      try {
        const admin = await connected;
        const lags = await Promise.all(groups.map(({ group, topics }) => admin.lag(group, topics)));
        return lags.flat().reduce((sum, { lag }) => sum + lag, 0n);
      } catch (cause) {
        await disconnect();
        const error = new Error("the lag of the consumers was not read", { cause });
        throw Object.assign(error, { outage: "kafka" });
      }
    },
    close: disconnect,
  };
}
