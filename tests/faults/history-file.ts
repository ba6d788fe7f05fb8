import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { HistoryLine } from "../invariants/history.ts";

/** A history on disk: a line is safe before the call that it tells of begins. */
export function openHistory(path: string) {
  const file = openSync(path, "a");
  return {
    path,
    write(line: HistoryLine): void {
      writeSync(file, `${JSON.stringify(line)}\n`);
      fsyncSync(file);
    },
    close: () => closeSync(file),
  };
}

export type History = ReturnType<typeof openHistory>;
