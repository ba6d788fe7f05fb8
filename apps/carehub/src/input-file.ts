import { readFileSync } from "node:fs";
import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { CallError } from "@carehub/grpc/call-error";
import { describeProblem, FileError, type Problem } from "./file-error.ts";
import { UsageError } from "./usage-error.ts";

const validator = createValidator();

/** The text of a file, and whether its name says that it is a table. */
export type InputFile = { readonly name: string; readonly text: string; readonly isCsv: boolean };

/** Reads the file that a command names; `.csv` is a table, all else YAML or JSON. */
export function readInput(name: string | undefined): InputFile {
  if (name === undefined) throw new UsageError("name the file: .csv, .yaml or .json");
  try {
    return { name, text: readFileSync(name, "utf8"), isCsv: name.toLowerCase().endsWith(".csv") };
  } catch (cause) {
    throw new UsageError(`the file ${name} cannot be read`, { cause });
  }
}

/** Where a field of the request stands in the file; undefined for one that is not from it. */
export type Locate = (
  path: string,
) => { readonly line: number; readonly field: string } | undefined;

/** What the contract's own rules find wrong with a part of a request, by paths from `prefix`. */
export function violationsOf<Schema extends DescMessage>(
  schema: Schema,
  message: MessageShape<Schema>,
  prefix: string,
): { readonly path: string; readonly description: string }[] {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return [];
  if (result.kind === "error") throw result.error;
  return result.violations.map(({ field, message: description }) => ({
    path: [prefix, pathToString(field)].filter((part) => part !== "").join("."),
    description,
  }));
}

/** Fails with FileError where the contract's rules found something. */
export function refuseViolations(
  { name }: InputFile,
  violations: readonly { readonly path: string; readonly description: string }[],
  locate: Locate,
): void {
  if (violations.length === 0) return;
  const problems = violations.map(({ path, description }): Problem => {
    return { ...(locate(path) ?? { line: 0, field: path }), description };
  });
  throw new FileError(name, problems);
}

/** Runs a call; what it is refused for is told by the lines of the file. */
export async function locating<Answer>(
  locate: Locate,
  call: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CallError) || error.violations.length === 0) throw error;
    const violations = error.violations.map(({ field, description }) => {
      const found = locate(field);
      return { field: found === undefined ? field : place(found), description };
    });
    throw new CallError("import", { ...error, violations }, { cause: error });
  }
}

function place(found: { readonly line: number; readonly field: string }): string {
  return describeProblem({ ...found, description: "" }).replace(/: $/, "");
}
