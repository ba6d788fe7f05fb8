import { spawn } from "node:child_process";
import { startPostgres } from "../src/postgres.ts";
import { claimInstance } from "../src/state.ts";

// An owner to be killed: claims an instance, starts what it is told, says so, and waits.
const [name = "", root, what] = process.argv.slice(2);
const instance = await claimInstance(name, root);
if (what === "postgres") {
  const postgres = await startPostgres({ instance });
  process.send?.({ url: postgres.url("postgres") });
} else {
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  process.send?.({ identity: instance.record("sleep", child, "SIGTERM") });
}
setInterval(() => undefined, 1_000);
