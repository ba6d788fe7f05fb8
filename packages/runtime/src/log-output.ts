/**
 * Where log lines go: standard output, in the background, many in one write.
 *
 * Guarantee: a line is written within a tenth of a second, and at an ordinary exit; a reader that
 * has gone, or stands still, neither stops the process nor fills its memory.
 * Not guaranteed: lines that do not fit while the reader stands still are dropped and counted, and a
 * process that is killed loses those of its last moment. While a reader stands still the system
 * keeps the process from exiting, so whoever ends it asks `flush` first and then kills it.
 * (The destination that comes with pino tries for ever to write its rest into a broken pipe.)
 */
import { write, writeSync } from "node:fs";

const flushMs = 100;
const flushChars = 32_768;
const waitingCharsMax = 8_388_608;
const exitTriesMax = 50;
const exitPauseMs = 10;

/** What pino writes to. */
export type LogOutput = {
  readonly write: (line: string) => void;
  /** Resolves when nothing waits to be written, or nobody is there to read it. */
  readonly flush: () => Promise<void>;
};

/** Opens the output on a file descriptor, for the life of the process. */
export function openLogOutput(descriptor: number): LogOutput {
  let waiting = "";
  let dropped = 0;
  let isWriting = false;
  let isBroken = false;
  let timer: NodeJS.Timeout | undefined;
  let idle = Promise.withResolvers<void>();
  idle.resolve();

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isWriting || waiting === "") return;
    const chunk = Buffer.from(waiting + noteOf(dropped));
    waiting = "";
    dropped = 0;
    isWriting = true;
    idle = Promise.withResolvers<void>();
    send(chunk, 0);
  };
  const send = (chunk: Buffer, offset: number): void => {
    write(descriptor, chunk, offset, chunk.length - offset, null, (error, written) => {
      if (error === null && offset + written < chunk.length) return send(chunk, offset + written);
      if (error?.code === "EAGAIN") return void setTimeout(send, flushMs, chunk, offset).unref();
      isWriting = false;
      isBroken = error !== null;
      idle.resolve();
      if (waiting.length > 0) schedule();
    });
  };
  const schedule = (): void => {
    if (waiting.length >= flushChars) flush();
    else timer ??= setTimeout(flush, flushMs).unref();
  };
  process.on("exit", () => {
    if (!isBroken) writeRest(descriptor, Buffer.from(waiting + noteOf(dropped)));
  });
  return {
    write: (line) => {
      if (isBroken) return;
      if (waiting.length < waitingCharsMax) waiting += line;
      else dropped += 1;
      if (!isWriting) schedule();
    },
    flush: async () => {
      while (!isBroken && (isWriting || waiting !== "")) {
        flush();
        await idle.promise;
      }
    },
  };
}

function noteOf(dropped: number): string {
  return dropped === 0
    ? ""
    : `${JSON.stringify({ level: "error", msg: "log lines dropped", dropped })}\n`;
}

/** Writes what is left while the process exits; gives up on a reader that is gone or stands still. */
function writeRest(descriptor: number, rest: Buffer): void {
  let offset = 0;
  for (let tries = 0; offset < rest.length && tries < exitTriesMax; tries += 1) {
    try {
      offset += writeSync(descriptor, rest, offset);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, exitPauseMs);
    }
  }
}
