import { parseArgs } from "node:util";
import { CallError } from "@carehub/grpc/call-error";
import { type Command, commands } from "./commands.ts";
import { openConnection } from "./connection.ts";
import { helpOf, helpOfAll } from "./help.ts";
import { describeRefusal, exitCodes, isUnreachable, refusalDocument } from "./refusal.ts";
import { UsageError } from "./usage-error.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
// A reader that has enough, such as `head`, is no failure.
process.stdout.on("error", () => process.exit(exitCodes.done));

const [name = "", ...words] = process.argv.slice(2);
const json = words.includes("--json");
try {
  process.exitCode = await run();
} catch (error) {
  process.exitCode = tellFailure(error);
}

async function run(): Promise<number> {
  if (name === "" || name === "help" || name.startsWith("-")) {
    console.log(helpOfAll());
    return name === "" ? exitCodes.usage : exitCodes.done;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined)
    throw new UsageError(`there is no command ${name}: see carehub --help`);
  const { values, positionals } = parse(command);
  if (values.help !== undefined) {
    console.log(helpOf(command));
    return exitCodes.done;
  }
  const file = values.connection?.at(-1) ?? process.env.CAREHUB_CONNECTION;
  const connection = openConnection(file);
  const [target, ...rest] = positionals;
  const writeLine = (line: string) => console.log(line);
  try {
    const text = await command.run({
      connection,
      target,
      rest,
      values,
      json,
      writeLine,
      signal: stop.signal,
    });
    if (text !== undefined) console.log(text);
    return exitCodes.done;
  } finally {
    connection.close();
  }
}

type Values = Readonly<Record<string, readonly string[] | undefined>>;

function parse(command: Command): { values: Values; positionals: string[] } {
  const text = { type: "string", multiple: true } as const;
  const options = Object.fromEntries(
    [...command.options.map((option) => option.name), "connection"].map((each) => [each, text]),
  );
  const flag = { type: "boolean", multiple: true } as const;
  try {
    const parsed = parseArgs({
      args: words,
      options: { ...options, json: flag, help: flag },
      allowPositionals: true,
    });
    return { values: parsed.values as Values, positionals: parsed.positionals };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${message} See carehub ${command.name} --help`, { cause });
  }
}

function tellFailure(error: unknown): number {
  if (error instanceof CallError) {
    if (json) console.log(JSON.stringify(refusalDocument(error), null, 2));
    else console.error(describeRefusal(error));
    return isUnreachable(error) ? exitCodes.unreachable : exitCodes.refused;
  }
  if (!(error instanceof UsageError)) throw error;
  if (json) console.log(JSON.stringify({ error: { code: "USAGE", message: error.message } }));
  else console.error(error.message);
  return exitCodes.usage;
}
