/**
 * Ends this process in order: at the first SIGINT, SIGTERM or SIGHUP, or an error that nobody
 * caught, `stop` runs once and the process exits. A Ctrl-C often arrives twice; what comes later
 * changes nothing.
 */
export function endOnSignals(stop: () => Promise<void>): void {
  let ending = false;
  const end = (code: number): void => {
    if (ending) return;
    ending = true;
    stop().then(
      () => process.exit(code),
      (error: unknown) => {
        report(error);
        process.exit(code === 0 ? 1 : code);
      },
    );
  };
  for (const [signal, number] of [
    ["SIGHUP", 1],
    ["SIGINT", 2],
    ["SIGTERM", 15],
  ] as const) {
    process.on(signal, () => end(128 + number));
  }
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      if (!ending) report(error);
      end(1);
    });
  }
}

function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${text}\n`);
}
