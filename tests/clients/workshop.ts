import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cp, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { until } from "@carehub/testing/wait";

const root = join(import.meta.dirname, "../..");
const buildMsMax = 300_000;
const heardMsMax = 60_000;
const made = /\/(\.venv|gen|target|__pycache__)$/;

type Env = Readonly<Record<string, string>>;

/** How a program is started. */
export type Start = {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Env;
};

/** A folder outside the checkout: an example client and, in `carehub-client`, the bundle. */
export type Workshop = {
  readonly folder: string;
  /** Runs a program in the folder to its end; fails with what it said. */
  readonly run: (program: string, args: readonly string[], env?: Env) => Promise<void>;
  /** Starts a client in the folder; it ends with the workshop at the latest. */
  readonly start: (start: Start) => RunningClient;
  readonly close: () => Promise<void>;
};

/** A client that runs, and what it says. */
export type RunningClient = ReturnType<typeof listen>;

/** Makes the bundle by its command and unpacks its archive beside the example client of a language. */
export async function openWorkshop(language: "python" | "java"): Promise<Workshop> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `carehub-client-${language}-`)));
  const children: ChildProcess[] = [];
  const run = async (program: string, args: readonly string[], env: Env = {}) => {
    const options = { cwd: folder, timeout: buildMsMax, env: { ...process.env, ...env } };
    await promisify(execFile)(program, args, options);
  };
  const filter = (file: string) => !made.test(file);
  await cp(join(root, "examples/clients", language), folder, { recursive: true, filter });
  const command = join(root, "packages/contracts/src/write-bundle.ts");
  await run(process.execPath, [command, "--out", join(folder, "out")]);
  const archive = (await readdir(join(folder, "out"))).find((file) => file.endsWith(".tar.gz"));
  await run("tar", ["xzf", join("out", archive ?? "no archive")]);
  return {
    folder,
    run,
    start: ({ program, args, env }) => {
      const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env } });
      children.push(child);
      return listen(child);
    },
    close: async () => {
      for (const child of children) child.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listen(child: ChildProcess) {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const exitCode = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    output: () => output,
    errors: () => errors,
    exitCode,
    /** What the pattern's group matched in the output, once it is there. */
    hears: async (pattern: RegExp): Promise<string> => {
      const waiting = { what: `${pattern} from the client`, limitMs: heardMsMax };
      const match = await until(() => pattern.exec(output), waiting).catch((cause) => {
        throw new Error(`the client said:\n${output}${errors}`, { cause });
      });
      return match[1] ?? "";
    },
  };
}
