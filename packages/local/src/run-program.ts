import { spawn } from "node:child_process";
import type { Instance } from "./state.ts";

/** A program that ends by itself, such as one that prepares a folder. */
export type Program = {
  label: string;
  program: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  user?: { uid: number; gid: number } | undefined;
};

/** Runs it to its end; fails with the last of what it said when it does not end well. */
export function runProgram(
  instance: Instance,
  { label, program, args, env, user }: Program,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: "/",
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      ...(env && { env }),
      ...user,
    });
    let said = "";
    const hear = (chunk: Buffer): void => {
      said = (said + chunk).slice(-saidMax);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${program} ended with ${code ?? signal}:\n${said.trim()}`));
    });
    if (child.pid !== undefined) instance.record(label, child, "SIGTERM");
  });
}

const saidMax = 4_000;
