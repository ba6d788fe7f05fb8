import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { identifyProcess, isAlive, type ProcessIdentity } from "./process-table.ts";
import { claimInstance, cleanLeftovers, stateRoot } from "./state.ts";

const root = mkdtempSync(join(tmpdir(), "carehub-state-"));
afterAll(() => rmSync(root, { recursive: true }));

const waiting = { timeout: 10_000, interval: 20 };

test("lies outside the checkout, in a folder of its own for each checkout", () => {
  expect(stateRoot("/home/a/carehub")).not.toBe(stateRoot("/home/b/carehub"));
  expect(stateRoot("/home/a/carehub").startsWith("/home/a")).toBe(false);
});

test("gives a name to one owner at a time", async () => {
  const first = await claimInstance("one", root);
  await expect(claimInstance("one", root)).rejects.toThrow(`in use by process ${process.pid}`);
  const beside = await claimInstance("two", root);
  await first.release();
  await first.release();
  const again = await claimInstance("one", root);
  await first.release();
  expect(existsSync(again.folder)).toBe(true);
  await Promise.all([again.release(), beside.release()]);
  expect(readdirSync(root)).toEqual([]);
});

test("stops what it recorded when it is released", async () => {
  const instance = await claimInstance("stopping", root);
  const identity = instance.record("sleep", startSleep(), "SIGTERM");
  expect(isAlive(identity)).toBe(true);
  await instance.release();
  expect(isAlive(identity)).toBe(false);
});

test("kills at once what is started while everything is being stopped", async () => {
  const instance = await claimInstance("late", root);
  await instance.release();
  const child = startSleep();
  expect(() => instance.record("sleep", child, "SIGTERM")).toThrow("while everything else");
  expect((await once(child, "exit"))[1]).toBe("SIGKILL");
});

test("leaves nothing behind when the owner is killed", async () => {
  const { owner, identity } = await startOwner("killed");
  owner.kill("SIGKILL");
  await expect.poll(() => isAlive(identity), waiting).toBe(false);
  await expect.poll(() => readdirSync(root), waiting).toEqual([]);
});

test("leaves the processes of a living owner alone", async () => {
  const { owner, identity } = await startOwner("living");
  expect(await cleanLeftovers(root)).toEqual([]);
  expect(isAlive(identity)).toBe(true);
  owner.kill("SIGKILL");
  await expect.poll(() => isAlive(identity), waiting).toBe(false);
});

test("cleans up what a killed owner left where its guardian was killed too", async () => {
  const child = startSleep();
  const identity = identifyProcess(child.pid ?? 0) as ProcessIdentity;
  leave("orphaned", identity);
  const instance = await claimInstance("orphaned", root);
  expect(isAlive(identity)).toBe(false);
  await instance.release();
});

test("shares the cleaning between cleaners that come at once", async () => {
  const children = [1, 2, 3, 4].map(startSleep);
  const identities = children.map(({ pid = 0 }) => identifyProcess(pid) as ProcessIdentity);
  for (const [index, identity] of identities.entries()) leave(`shared-${index}`, identity);
  await Promise.all([1, 2, 3].map(() => cleanLeftovers(root)));
  expect(identities.filter(isAlive)).toEqual([]);
  expect(readdirSync(root)).toEqual([]);
});

test("goes on where a cleaner was killed", async () => {
  const child = startSleep();
  const identity = identifyProcess(child.pid ?? 0) as ProcessIdentity;
  leave("twice.0a1b2c3d.left-1-never", identity);
  await cleanLeftovers(root);
  expect(isAlive(identity)).toBe(false);
  expect(readdirSync(root)).toEqual([]);
});

test("takes a name where a stray process wrote after the cleaning", async () => {
  mkdirSync(join(root, "stray", "data"), { recursive: true });
  const instance = await claimInstance("stray", root);
  await instance.release();
});

test("never signals a process that only has the pid of one that it recorded", async () => {
  const child = startSleep();
  const identity = identifyProcess(child.pid ?? 0) as ProcessIdentity;
  leave("reused", { ...identity, startedAt: `${identity.startedAt}0` });
  expect(await cleanLeftovers(root)).toEqual(["reused"]);
  expect(isAlive(identity)).toBe(true);
  child.kill("SIGKILL");
});

function startSleep(): ChildProcess {
  return spawn("sleep", ["1000"], { stdio: "ignore" });
}

// What an owner that no longer lives would have left, with one process on its record.
function leave(name: string, identity: ProcessIdentity): void {
  const processes = join(root, name, "processes");
  mkdirSync(processes, { recursive: true });
  writeFileSync(join(root, name, "owner.json"), JSON.stringify({ pid: 1, startedAt: "never" }));
  writeFileSync(
    join(processes, "000001-sleep.json"),
    JSON.stringify({ identity, stopSignal: "SIGTERM" }),
  );
}

async function startOwner(
  name: string,
): Promise<{ owner: ChildProcess; identity: ProcessIdentity }> {
  const script = fileURLToPath(new URL("../trial/owner.ts", import.meta.url));
  const owner = fork(script, [name, root, "sleep"], { execArgv: [] });
  const [{ identity }] = (await once(owner, "message")) as [{ identity: ProcessIdentity }];
  return { owner, identity };
}
