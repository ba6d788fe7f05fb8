/** Fails when the committed code or page that is made from the protos is not what they make now. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const into = process.argv[2];
if (into === undefined) throw new Error("usage: generated.ts FOLDER");

run("buf", ["generate", "--output", into]);
run("diff", ["-r", "packages/contracts/src/gen", join(into, "packages/contracts/src/gen")]);
run("node", ["packages/contracts/src/write-events-page.ts", join(into, "events.md")]);
run("diff", ["docs/events.md", join(into, "events.md")]);

function run(program: string, args: string[]): void {
  execFileSync(program, args, { cwd: root, stdio: "inherit" });
}
