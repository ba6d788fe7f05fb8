import { createLogger, flushLogs, type Logger } from "./logging.ts";
import { currentTelemetry } from "./telemetry-state.ts";

const closeLimitMs = 7_000;
const flushLimitMs = 1_000;
const parentPollMs = 500;
const exitClean = 0;
const exitFailed = 1;

/**
 * A service that runs: what its `ready` line tells, and how it stops taking work, drains and
 * closes.
 */
export type RunningService = {
  readonly ready?: Readonly<Record<string, unknown>>;
  readonly close: () => Promise<void>;
};

/**
 * Starts a service, prints one `ready` line, and stops it on SIGTERM, SIGINT, a bug that nobody
 * caught, or the death of the process in CAREHUB_PARENT_PID. A second signal changes nothing. It
 * exits with 0 after a clean close, else with 1, and within 10 seconds in any case.
 */
export async function runService(
  name: string,
  start: (logger: Logger) => Promise<RunningService>,
): Promise<void> {
  const logger = createLogger(name);
  const started = Promise.withResolvers<RunningService | undefined>();
  let stopping = false;
  const stop = (cause: string, wanted: number): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ cause }, "stopping");
    void stopWithin(started.promise, wanted, logger).then((code) => end(code, logger));
  };
  process.on("SIGTERM", () => stop("SIGTERM", exitClean));
  process.on("SIGINT", () => stop("SIGINT", exitClean));
  process.on("uncaughtException", (error) => {
    logger.fatal({ err: error }, "a bug that nobody caught");
    stop("uncaught exception", exitFailed);
  });
  process.on("unhandledRejection", (error) => {
    logger.fatal({ err: error }, "a promise that nobody awaited");
    stop("unhandled rejection", exitFailed);
  });
  watchParent(process.env.CAREHUB_PARENT_PID, () => stop("parent gone", exitClean));
  try {
    const service = await start(logger);
    started.resolve(service);
    if (!stopping) logger.info({ ...service.ready }, "ready");
  } catch (error) {
    logger.fatal({ err: error }, "could not start");
    started.resolve(undefined);
    stop("failed start", exitFailed);
  }
}

async function stopWithin(
  started: Promise<RunningService | undefined>,
  wanted: number,
  logger: Logger,
): Promise<number> {
  const tooLate = Promise.withResolvers<number>();
  const timer = setTimeout(() => {
    logger.error({ limitMs: closeLimitMs }, "did not close in time");
    tooLate.resolve(exitFailed);
  }, closeLimitMs);
  const closed = started
    .then((service) => service?.close())
    .then(() => wanted)
    .catch((error: unknown) => {
      logger.error({ err: error }, "did not close cleanly");
      return exitFailed;
    });
  const code = await Promise.race([closed, tooLate.promise]);
  clearTimeout(timer);
  return code;
}

/** Sends what telemetry and the log still hold, each within a limit, and leaves. */
async function end(code: number, logger: Logger): Promise<void> {
  await isDoneWithin(flushLimitMs, currentTelemetry().shutdown());
  logger.info({ exitCode: code }, "stopped");
  if (await isDoneWithin(flushLimitMs, flushLogs())) process.exit(code);
  process.kill(process.pid, "SIGKILL"); // A write that nobody reads would hold up an exit for ever.
}

async function isDoneWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const { promise: tooLate, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, limitMs, false);
  const isDone = await Promise.race([work.then(() => true), tooLate]);
  clearTimeout(timer);
  return isDone;
}

/** A launcher that was killed leaves no orphans: the system hands them to another parent. */
function watchParent(parentPid: string | undefined, onGone: () => void): void {
  if (!parentPid) return;
  const expected = Number(parentPid);
  const timer = setInterval(() => {
    if (process.ppid === expected) return;
    clearInterval(timer);
    onGone();
  }, parentPollMs);
  timer.unref();
}
