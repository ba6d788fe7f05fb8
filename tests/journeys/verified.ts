import { execFile } from "node:child_process";
import { join } from "node:path";
import { writeConnection } from "@carehub/local/connection-file";
import type { Platform } from "@carehub/local/platform";

const program = join(import.meta.dirname, "../../apps/verify-course/src/main.ts");

/** Runs verify-course over every course that an identity may see; answers its exit code and what it said. */
export function verifyAll(
  platform: Platform,
  identity: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const connection = { addresses: platform.addresses, ...platform.certificates.files(identity) };
  const file = writeConnection(platform.folder, identity, connection);
  return new Promise((resolve) => {
    const args = [program, `--connection=${file}`, "--all"];
    const child = execFile(process.execPath, args, (_, output, errors) =>
      resolve({ code: child.exitCode, output: `${output}${errors}` }),
    );
  });
}
