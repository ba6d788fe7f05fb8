const tokensMax = 10;
const tokensPerSuccess = 0.1;

/** Says whether a failed call may be sent again. */
export type RetryBudget = {
  readonly succeeded: () => void;
  /** Counts a failure; true when a retry is within the budget. */
  readonly failed: () => boolean;
};

/**
 * Keeps retries a small part of all calls, as gRPC's retry throttling does: a failure takes a
 * token, ten successes give one back, and only with more than half of them left is a call sent
 * again. A server that is down is then not hit harder than before.
 */
export function retryBudget(): RetryBudget {
  let tokens = tokensMax;
  return {
    succeeded: () => {
      tokens = Math.min(tokensMax, tokens + tokensPerSuccess);
    },
    failed: () => {
      tokens = Math.max(0, tokens - 1);
      return tokens > tokensMax / 2;
    },
  };
}
