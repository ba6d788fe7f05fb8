import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProcessIdentity } from "./process-table.ts";
import { endProcess, identifyProcess, isAlive, isCode } from "./process-table.ts";

/**
 * What runs on this machine for one checkout. Every instance ("demo", "start", "test-123") is a
 * folder that names its owner and each process the owner started, by pid and start time.
 *
 * Guarantee: when the owner is gone, however it ended, its processes are stopped and its folder is
 * removed by the guardian, a small process that outlives the owner; where that was killed too, by
 * the next claim of any instance of the same checkout. A reused pid is never signalled.
 * Not guaranteed: a process whose owner is killed between starting it and writing its record
 * (microseconds) is not found again.
 */
export type Instance = {
  name: string;
  /** The instance's own folder; other users, such as PostgreSQL's, may enter it. */
  folder: string;
  /** Records a child, so that it is found again if this process dies. */
  record(label: string, child: ChildProcess, stopSignal: NodeJS.Signals): ProcessIdentity;
  /** Stops what is still recorded, last started first, and removes the folder; may be repeated. */
  release(): Promise<void>;
};

/** Takes the instance's name for this process, after cleaning up what dead owners left behind. */
export async function claimInstance(name: string, root = stateRoot()): Promise<Instance> {
  assertInstanceName(name);
  mkdirSync(root, { recursive: true, mode: 0o755 });
  await cleanLeftovers(root);
  const owner = ownIdentity();
  const folder = join(root, name);
  claimFolder(folder, owner);
  const guardian = startGuardian(folder);
  let released = false;
  return {
    name,
    folder,
    record: (label, child, stopSignal) => {
      if (!released) return recordChild(folder, { label, child, stopSignal });
      child.kill("SIGKILL");
      throw new Error(`${label} was started while everything else was being stopped.`);
    },
    release: async () => {
      if (released) return;
      released = true;
      await endAll(readRecords(folder));
      removeFolder(folder);
      guardian.stdin?.end();
    },
  };
}

/** Stops the processes of every dead owner and removes their folders; says which it found. */
export async function cleanLeftovers(root = stateRoot()): Promise<string[]> {
  const left = listEntries(root).filter((name) => isLeftover(root, name));
  await Promise.all(left.map((name) => cleanLeftover(root, name)));
  return left;
}

/** Records a child in the folder of an instance that this process has claimed. */
export function recordIn(
  folder: string,
  entry: { label: string; child: ChildProcess; stopSignal: NodeJS.Signals },
): ProcessIdentity {
  if (!isSame(readOwner(folder), ownIdentity())) {
    entry.child.kill("SIGKILL");
    throw new Error(`${folder} is not the folder of an instance of this process.`);
  }
  return recordChild(folder, entry);
}

/** The folder of this user and checkout: outside the checkout, where other users may look in. */
export function stateRoot(checkout = checkoutFolder): string {
  const hash = createHash("sha256").update(checkout).digest("hex").slice(0, 12);
  return join(tmpFolder(), `carehub-${userInfo().username}-${hash}`);
}

/** The root of this checkout. */
export const checkoutFolder = fileURLToPath(new URL("../../..", import.meta.url)).replace(
  /\/$/,
  "",
);

// Last started first.
async function endAll(rows: Row[]): Promise<void> {
  for (const { identity, stopSignal } of rows.toReversed()) {
    await endProcess(identity, stopSignal, stopGraceMs);
  }
}

function readRecords(folder: string): Row[] {
  const processes = join(folder, "processes");
  const files = listEntries(processes).sort();
  return files.map((file) => JSON.parse(readFileSync(join(processes, file), "utf8")) as Row);
}

function ownIdentity(): ProcessIdentity {
  const own = identifyProcess(process.pid);
  if (own === undefined) throw new Error("This process cannot read its own start time.");
  return own;
}

type Row = { identity: ProcessIdentity; stopSignal: NodeJS.Signals };

const stopGraceMs = 10_000;
let recorded = 0;

function recordChild(
  folder: string,
  { label, child, stopSignal }: { label: string; child: ChildProcess; stopSignal: NodeJS.Signals },
): ProcessIdentity {
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (identity === undefined) throw new Error(`${label} ended at once.`);
  recorded += 1;
  const file = `${String(recorded).padStart(6, "0")}-${label}.json`;
  const path = join(folder, "processes", file);
  writeFileSync(`${folder}/${file}`, JSON.stringify({ identity, stopSignal }));
  renameSync(`${folder}/${file}`, path); // Whole or not at all.
  return identity;
}

// The folder appears with its owner in it, or not at all: a rename onto a filled folder fails.
function claimFolder(folder: string, owner: ProcessIdentity, attempt = 1): void {
  const draft = `${folder}.claim-${process.pid}-${randomBytes(4).toString("hex")}`;
  mkdirSync(join(draft, "processes"), { recursive: true, mode: 0o755 });
  writeFileSync(join(draft, "owner.json"), JSON.stringify(owner));
  try {
    renameSync(draft, folder);
  } catch (error) {
    removeFolder(draft);
    if (!isCode(error, "ENOTEMPTY") && !isCode(error, "EEXIST")) throw error;
    const other = readOwner(folder);
    if (other !== undefined || attempt === claimAttemptsMax) {
      const who = other?.pid ?? "unknown";
      throw new Error(`${folder} is in use by process ${who}: stop that first.`, { cause: error });
    }
    // A stray process wrote here after the folder was removed: that has no owner and is nobody's.
    removeFolder(folder);
    claimFolder(folder, owner, attempt + 1);
  }
}

const claimAttemptsMax = 3;

/** The process that claimed the instance; undefined when the folder is gone. */
export function readOwner(folder: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "owner.json"), "utf8")) as ProcessIdentity;
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

// First the processes, which may still write by the old path; signalling twice does no harm. Then
// the name, taken by whoever renames first: it says who cleans, so that no other takes it again.
async function cleanLeftover(root: string, name: string): Promise<void> {
  const folder = join(root, name);
  const owner = readOwner(folder);
  const rows = readRecords(folder);
  if (!isLeftover(root, name) || !isSame(readOwner(folder), owner)) return; // Claimed anew.
  await endAll(rows);
  const cleaner = ownIdentity();
  const draw = `${cleaner.pid}-${encodeURIComponent(cleaner.startedAt)}`;
  const original = name.replace(cleanedName, "");
  const taken = join(root, `${original}.${randomBytes(4).toString("hex")}.left-${draw}`);
  try {
    renameSync(folder, taken);
  } catch (error) {
    if (isCode(error, "ENOENT")) return; // Another cleaner was quicker.
    throw error;
  }
  if (isSame(readOwner(taken), owner)) removeFolder(taken);
  else renameSync(taken, folder); // Claimed anew between the look and the rename.
}

function isSame(one: ProcessIdentity | undefined, other: ProcessIdentity | undefined): boolean {
  return one?.pid === other?.pid && one?.startedAt === other?.startedAt;
}

const cleanedName = /\.[0-9a-f]{8}\.left-(\d+)-(.*)$/;

function cleanerOf(name: string): ProcessIdentity | undefined {
  const [, pid, startedAt] = cleanedName.exec(name) ?? [];
  if (pid === undefined || startedAt === undefined) return undefined;
  return { pid: Number(pid), startedAt: decodeURIComponent(startedAt) };
}

function isLeftover(root: string, name: string): boolean {
  const owner = cleanerOf(name) ?? readOwner(join(root, name));
  return owner !== undefined && !isAlive(owner);
}

function listEntries(root: string): string[] {
  try {
    return readdirSync(root);
  } catch (error) {
    if (isCode(error, "ENOENT")) return [];
    throw error;
  }
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

// In a session of its own, so that no signal to the owner's group reaches it; the pipe on its
// standard input closes when the owner ends, however that happens.
function startGuardian(folder: string): ChildProcess {
  const script = fileURLToPath(new URL("./guardian.ts", import.meta.url));
  const guardian = spawn(process.execPath, [script, folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
  });
  guardian.unref();
  guardian.on("error", () => undefined); // Without it the next claim cleans up.
  (guardian.stdin as Socket).unref(); // Nor may the pipe keep the owner running.
  return guardian;
}

// Root hands PostgreSQL to another user, who must be able to enter the folder.
function tmpFolder(): string {
  if (userInfo().uid !== 0) return tmpdir();
  return [tmpdir(), "/tmp", "/var/tmp"].find(isOpenToAll) ?? tmpdir();
}

function isOpenToAll(folder: string): boolean {
  const mode = statSync(folder, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o005) !== 0o005) return false;
  return folder === dirname(folder) || isOpenToAll(dirname(folder));
}

function assertInstanceName(name: string): void {
  if (!/^[a-z0-9-]{1,40}$/.test(name)) throw new Error(`"${name}" is not a name for an instance.`);
}
