import type { Account } from "./account.ts";

/** An account as it is stored. */
export type StoredAccount = {
  readonly account: Account;
  /** The revision of the last event told. */
  readonly revision: number;
  /** Counts every write. */
  readonly version: number;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};
