import { randomUUIDv7 } from "node:crypto";
import { parseArgs } from "node:util";
import { CallError } from "@carehub/grpc/call-error";
import { type Command, commands } from "./commands.ts";
import { connectLater } from "./connection.ts";
import { FileError, PartlyRefusedError } from "./file-error.ts";
import { helpOf, helpOfAll } from "./help.ts";
import { describeRefusal, exitCodes, isUnreachable, refusalDocument } from "./refusal.ts";
import { UsageError } from "./usage-error.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
// A reader that has enough, such as `head`, is no failure.
process.stdout.on("error", () => process.exit(exitCodes.done));

const [name = "", ...words] = process.argv.slice(2);
const json = words.includes("--json");
// Known here, so that a failure tells the id under which the command can be given again.
let requestId: string | undefined;
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
  const connection = connectLater(file);
  const [target, ...rest] = positionals;
  requestId = requestIdOf(command, values);
  const writeLine = (line: string) => console.log(line);
  try {
    const text = await command.run({
      connection,
      target,
      rest,
      values: requestId === undefined ? values : { ...values, "request-id": [requestId] },
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

function requestIdOf({ options }: Command, values: Values): string | undefined {
  if (!options.some(({ name }) => name === "request-id")) return undefined;
  return values["request-id"]?.at(-1) ?? randomUUIDv7();
}

type Values = Readonly<Record<string, readonly string[] | undefined>>;

function parse(command: Command): { values: Values; positionals: string[] } {
  const text = { type: "string", multiple: true } as const;
  const flag = { type: "boolean", multiple: true } as const;
  const options = Object.fromEntries(
    [...command.options, { name: "connection", hint: "FILE" }].map(({ name, hint }) => [
      name,
      hint === "" ? flag : text,
    ]),
  );
  try {
    const parsed = parseArgs({
      args: words,
      options: { ...options, json: flag, help: flag },
      allowPositionals: true,
    });
    return { values: asTexts(parsed.values), positionals: parsed.positionals };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${message} See carehub ${command.name} --help`, { cause });
  }
}

type Parsed = Readonly<Record<string, readonly (string | boolean)[] | undefined>>;

// A flag that is set is a yes.
function asTexts(values: Parsed): Values {
  return Object.fromEntries(
    Object.entries(values).map(([option, texts]) => [
      option,
      texts?.map((text) => (typeof text === "string" ? text : "yes")),
    ]),
  );
}

function tellFailure(error: unknown): number {
  if (error instanceof CallError) {
    if (json) console.log(JSON.stringify(refusalDocument(error, requestId), null, 2));
    else console.error(describeRefusal(error, requestId));
    return isUnreachable(error) ? exitCodes.unreachable : exitCodes.refused;
  }
  if (error instanceof PartlyRefusedError) {
    console.log(error.message);
    return exitCodes.refused;
  }
  if (!(error instanceof UsageError)) throw error;
  const problems = error instanceof FileError ? { problems: error.problems } : {};
  const message = { code: "USAGE", message: error.message, ...problems };
  if (json) console.log(JSON.stringify({ error: message }));
  else console.error(error.message);
  return exitCodes.usage;
}
