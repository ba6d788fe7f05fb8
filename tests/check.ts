/**
 * The static checks, in the order in which they are cheapest to fail. Runs all of them, shows the
 * output of those that failed, and exits 1 when any did. `--help` lists them.
 */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Check = { readonly name: string; readonly command: readonly [string, ...string[]] };

const checksAtOnce = 2;
const root = join(import.meta.dirname, "..");
const generated = await mkdtemp(join(tmpdir(), "carehub-generated-"));

const checks: readonly Check[] = [
  { name: "format and lint", command: ["biome", "check", "--error-on-warnings", "."] },
  { name: "proto lint", command: ["buf", "lint"] },
  { name: "proto format", command: ["buf", "format", "--diff", "--exit-code"] },
  { name: "proto breaking", command: ["buf", "breaking", "--against", "proto/published.binpb"] },
  { name: "generated code is current", command: ["node", "tests/checks/generated.ts", generated] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  { name: "boundaries", command: ["turbo", "boundaries"] },
  { name: "unused code", command: ["knip", "--no-progress"] },
  { name: "contracts", command: ["node", "tests/checks/contracts.ts"] },
  { name: "house rules", command: ["node", "tests/checks/house.ts"] },
  { name: "documents", command: ["node", "tests/checks/documents.ts"] },
];

if (process.argv.includes("--help")) {
  console.log(`npm run check: ${checks.map((check) => check.name).join(", ")}`);
  process.exit(0);
}

const failures = await runAll([...checks]);
await rm(generated, { recursive: true, force: true });
console.log(`checks: ${checks.length - failures} passed, ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);

async function runAll(queue: Check[]): Promise<number> {
  let failed = 0;
  const worker = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      if (!(await runOne(check))) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: checksAtOnce }, worker));
  return failed;
}

function runOne({ name, command }: Check): Promise<boolean> {
  const startedAt = performance.now();
  const [program, ...args] = command;
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  const child = spawn(program, args, { cwd: root, env: { ...process.env, PATH: path } });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  return new Promise((resolve) => {
    const end = (code: number | null) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
      if (code !== 0) console.log(output.replaceAll(/^/gm, "    "));
      resolve(code === 0);
    };
    child.on("close", end);
    child.on("error", (error) => {
      output += error.message;
      end(1);
    });
  });
}
