import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "./process-table.ts";
import { cleanLeftovers, readOwner } from "./state.ts";

// Waits for its owner's end, told by the closing of standard input, and cleans up what is left.
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("guardian.ts FOLDER");
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.stdin.on("error", () => undefined);
for await (const _chunk of process.stdin);
for (let owner = readOwner(folder); owner !== undefined && isAlive(owner); ) {
  await delay(20);
  owner = readOwner(folder);
}
await cleanLeftovers(dirname(folder));
