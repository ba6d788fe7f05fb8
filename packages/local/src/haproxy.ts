import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache-folder.ts";

/** A HAProxy that runs on this machine, and the environment that it needs for its libraries. */
export type Haproxy = { program: string; env: Readonly<Record<string, string>> };

const run = promisify(execFile);
const aptLimitMs = 180_000;
const outputBytesMax = 16 * 1024 * 1024;

/** The HAProxy that is installed or was fetched before; undefined when there is none. */
export function findHaproxy(env = process.env): Haproxy | undefined {
  // Debian puts it where only root's PATH leads.
  const folders = [...(env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const installed = folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "haproxy"))
    .find((file) => existsSync(file));
  return installed === undefined ? unpacked(haproxyFolder(env)) : { program: installed, env: {} };
}

/**
 * Finds HAProxy; else unpacks Debian's package with the libraries that the machine lacks into the
 * user's cache folder, without root and without installing anything. Fails with what to install.
 */
export async function getHaproxy(log: (line: string) => void): Promise<Haproxy> {
  const found = findHaproxy();
  if (found !== undefined) return found;
  const folder = haproxyFolder();
  log("HAProxy: getting Debian's package (once)");
  const draft = `${folder}.${process.pid}`;
  try {
    await unpackPackages(draft);
    // Whoever was first has put the same packages there.
    if (!existsSync(folder)) renameSync(join(draft, "root"), folder);
  } catch (cause) {
    throw new Error(
      "This machine lacks HAProxy, and Debian's package could not be fetched. Install it:\n" +
        "  Debian and Ubuntu: apt-get install haproxy; macOS: brew install haproxy.",
      { cause },
    );
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const got = unpacked(folder);
  if (got === undefined) throw new Error(`${folder} holds no HAProxy: remove it and try again.`);
  return got;
}

function haproxyFolder(env = process.env): string {
  return join(cacheFolder(env), `haproxy-${process.arch}`);
}

function unpacked(folder: string): Haproxy | undefined {
  const program = join(folder, "usr/sbin/haproxy");
  if (!existsSync(program)) return undefined;
  const libraries = join(folder, "usr/lib");
  const places = readdirSync(libraries).filter((name) => name.includes("-linux-"));
  const paths = places.map((name) => join(libraries, name));
  return { program, env: { LD_LIBRARY_PATH: paths.join(delimiter) } };
}

// With package lists of its own: the machine's may be missing or old, and only root may renew them.
async function unpackPackages(draft: string): Promise<void> {
  const [lists, cache, root] = ["lists", "cache", "root"].map((name) => join(draft, name));
  for (const folder of [join(`${lists}`, "partial"), join(`${cache}`, "archives/partial"), root]) {
    mkdirSync(`${folder}`, { recursive: true });
  }
  const own = ["-o", `Dir::State::Lists=${lists}`, "-o", `Dir::Cache=${cache}`];
  // Root's apt would hand the download to a user who may not enter the folder.
  const apt = [...own, "-o", "APT::Sandbox::User=root", "-q"];
  const settings = { cwd: draft, timeout: aptLimitMs, maxBuffer: outputBytesMax };
  await run("apt-get", [...apt, "update"], settings);
  const plan = ["install", "--simulate", "--no-install-recommends", "haproxy"];
  const { stdout } = await run("apt-get", [...apt, ...plan], settings);
  const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => `${name}`);
  await run("apt-get", [...apt, "download", ...names], settings);
  for (const file of readdirSync(draft).filter((name) => name.endsWith(".deb"))) {
    await run("dpkg", ["-x", file, `${root}`], settings);
  }
}
