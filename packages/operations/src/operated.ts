import type { Logger } from "@carehub/database/logger";
import type { Database } from "@carehub/database/pool";
import type { DeadLetters } from "@carehub/events/dead-letters";

/** What the operations need of the running service. */
export type Operated = {
  readonly db: Database;
  readonly deadLetters: DeadLetters;
  readonly consumers: readonly { readonly group: string; readonly topics: readonly string[] }[];
  readonly relayLag: () => Promise<{ readonly rows: number }>;
  /** Messages that no consumer of this service has settled, now. */
  readonly consumerLag: () => Promise<bigint>;
  readonly logger: Logger;
};
