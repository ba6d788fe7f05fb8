import { UsageError } from "./usage-error.ts";

/** What is wrong with one place of a file; the field as the file has it. */
export type Problem = {
  /** Counted from 1; 0 where it is not known. */
  readonly line: number;
  readonly field: string;
  readonly description: string;
};

/** A file that cannot be sent as it is: every problem with its line and field, in their order. */
export class FileError extends UsageError {
  readonly problems: readonly Problem[];
  constructor(file: string, problems: readonly Problem[]) {
    const inOrder = problems.toSorted((one, other) => one.line - other.line);
    super(inOrder.map((problem) => `${file}: ${describeProblem(problem)}`).join("\n"));
    this.problems = inOrder;
  }
}

/** `line 14, start: is not HH:MM`. */
export function describeProblem({ line, field, description }: Problem): string {
  const place = [line === 0 ? "" : `line ${line}`, field].filter((part) => part !== "");
  return place.length === 0 ? description : `${place.join(", ")}: ${description}`;
}

/** A call of which the platform took in only a part; told on standard output, exit code 1. */
export class PartlyRefusedError extends Error {
  override readonly name = "PartlyRefusedError";
}
