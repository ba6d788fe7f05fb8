import { readParkedKeys } from "@carehub/database/dead-letters";
import type { Database } from "@carehub/database/pool";
import type { ParkedKeySet } from "./deliver.ts";

/**
 * The parked keys of one consumer as this process knows them. Only the member that owns a key's partition
 * parks it, so they are read anew with each assignment; a replay that frees one is noticed with its next message.
 */
export function createParkedKeys(
  db: Database,
  consumer: string,
): ParkedKeySet & { load(): Promise<void> } {
  let known = new Set<string>();
  // What is parked while the keys are being read may be missing in what was read.
  let recent = new Set<string>();
  return {
    has: (topic, key) => known.has(nameOf(topic, key)),
    add(topic, key) {
      known.add(nameOf(topic, key));
      recent.add(nameOf(topic, key));
    },
    remove: (topic, key) => known.delete(nameOf(topic, key)),
    async load() {
      recent = new Set();
      const keys = await readParkedKeys(db, consumer);
      known = new Set([...keys.map(({ topic, key }) => nameOf(topic, key)), ...recent]);
    },
  };
}

// A topic's name has no space.
function nameOf(topic: string, key: string): string {
  return `${topic} ${key}`;
}
