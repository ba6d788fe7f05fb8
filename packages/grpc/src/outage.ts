const causesMax = 8;

const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * PostgreSQL's own: connection lost (08), shut down or starting (57P), too many connections (53),
 * read-only after a failover (25006), and the limits and races that `run` gave up on: a retry with
 * the same request id is right for all of them.
 */
const stateCodes = /^(?:08...|57P0[1-5]|53...|25006|25P0[34]|57014|55P03|40001|40P01)$/;

/** What pg throws without a code when it has no connection. */
const connectionTexts = [
  "timeout exceeded when trying to connect",
  "Connection terminated",
  "Client has encountered a connection error",
  "Cannot use a pool after calling end",
  "Query read timeout",
];

/**
 * Names the dependency that an error or one of its causes says is gone, by a field `outage` or by what its library
 * throws; undefined for other errors.
 */
export function findOutage(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < causesMax && current instanceof Error; depth += 1) {
    if ("outage" in current && typeof current.outage === "string") return current.outage;
    // The commit's own connection was lost: the same request id finds out what became of it.
    if ("outcomeUnknown" in current && current.outcomeUnknown === true) return "database";
    const code = "code" in current ? current.code : undefined;
    if (typeof code === "string") {
      if (stateCodes.test(code)) return "database";
      if (networkCodes.has(code)) return "network";
    }
    const { message } = current;
    if (connectionTexts.some((text) => message.startsWith(text))) return "database";
    current = current.cause;
  }
  return undefined;
}
