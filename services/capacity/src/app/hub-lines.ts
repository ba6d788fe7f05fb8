import pLimit, { type LimitFunction } from "p-limit";

/**
 * One line for each hub, in which the tries that lock all that a course could use go one after the other: in the
 * database they would only wait for each other's locks, each on a connection, until some time out.
 */
export type HubLines = (hub: string) => LimitFunction;

/** Makes the lines; one is kept for each hub that was ever asked for. */
export function createHubLines(): HubLines {
  const lines = new Map<string, LimitFunction>();
  return (hub) => {
    const line = lines.get(hub) ?? pLimit(1);
    lines.set(hub, line);
    return line;
  };
}
