import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const service = new URL("./fixtures/service.ts", import.meta.url).pathname;
const launcher = new URL("./fixtures/launcher.ts", import.meta.url).pathname;
const waitLimitMs = 15_000;

type Line = { msg: string; level: string; behaviour?: string; exitCode?: number };

test("tells that it is ready, and ends with 0 after SIGTERM", async () => {
  const run = start("clean");
  expect(await run.line("ready")).toMatchObject({ behaviour: "clean", service: "fixture" });
  run.child.kill("SIGTERM");
  expect(await run.exitCode).toBe(0);
  expect(run.lines.at(-1)).toMatchObject({ msg: "stopped", exitCode: 0 });
});

test("takes a Ctrl-C that arrives twice as one", async () => {
  const run = start("close-slow");
  await run.line("ready");
  run.child.kill("SIGINT");
  await run.line("stopping");
  run.child.kill("SIGINT");
  expect(await run.exitCode).toBe(0);
  expect(run.lines.filter(({ msg }) => msg === "stopping")).toHaveLength(1);
});

test("ends with 1 and says why when it cannot start", async () => {
  const run = start("start-fails");
  expect(await run.exitCode).toBe(1);
  expect(run.lines.map(({ msg }) => msg)).toContain("could not start");
});

test("ends with 1 after a close that fails", async () => {
  const run = start("close-fails");
  await run.line("ready");
  run.child.kill("SIGTERM");
  expect(await run.exitCode).toBe(1);
});

test("ends with 1 within ten seconds when closing hangs", { timeout: waitLimitMs }, async () => {
  const run = start("close-hangs");
  await run.line("ready");
  const began = performance.now();
  run.child.kill("SIGTERM");
  expect(await run.exitCode).toBe(1);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("stops with 1 after a rejection that nobody caught", async () => {
  const run = start("bug");
  expect(await run.exitCode).toBe(1);
  expect(run.lines.map(({ level }) => level)).toContain("fatal");
});

test("stops when its launcher is killed, although nobody reads its log any more", async () => {
  const run = start("clean", launcher);
  const left = once(run.child.stderr, "close"); // The service holds it open as long as it lives.
  await run.line("ready");
  run.child.kill("SIGKILL");
  await left;
});

test("ends in time when its log is not read", { timeout: waitLimitMs }, async () => {
  const run = start("chatty");
  await run.line("ready");
  run.child.stdout.pause();
  run.child.kill("SIGTERM");
  const exited = once(run.child, "exit");
  expect(await exited).toEqual([null, "SIGKILL"]);
});

function start(behaviour: string, program = service) {
  const child = spawn(process.execPath, [program, behaviour], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (text) => {
    if (text.endsWith("}")) lines.push(JSON.parse(text)); // A killed process may leave half a line.
  });
  const exitCode = exitOf(child);
  const line = async (msg: string): Promise<Line | undefined> => {
    const find = () => lines.find((candidate) => candidate.msg === msg);
    await expect.poll(find, { timeout: waitLimitMs }).toBeDefined();
    return find();
  };
  return { child, lines, exitCode, line };
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  await once(child, "close");
  return child.exitCode;
}
