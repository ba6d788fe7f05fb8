import { change, changeOptions } from "./change.ts";
import { type Mutation, mutations } from "./mutations.ts";
import { clock, deadLetters, replay, whoAmI } from "./operate.ts";
import { actions, list, type Reading, show, showAccount, showCourse } from "./reads.ts";
import { watch } from "./watch.ts";

/** What a command is run with. */
export type Run = Reading & {
  /** What stands behind the target. */
  readonly rest: readonly string[];
  readonly writeLine: (line: string) => void;
  readonly signal: AbortSignal;
};

/** One command of the program. */
export type Command = {
  readonly name: string;
  /** What stands behind the name, as the help shows it. */
  readonly operands: string;
  readonly by: string;
  readonly summary: string;
  readonly options: readonly { readonly name: string; readonly hint: string }[];
  /** Answers what to write; undefined when it wrote as it went. */
  readonly run: (run: Run) => Promise<string | undefined>;
};

const signing = [
  { name: "actor", hint: "REFERENCE" },
  { name: "actor-role", hint: "ROLE" },
  { name: "request-id", hint: "UUID" },
];

const noOptions: Command["options"] = [];

const reads: readonly Command[] = [
  read("list", "what is under way", list, [
    { name: "state", hint: "CARE_STATE" },
    { name: "open", hint: "yes" },
  ]),
  read("show CASE", "a case: where it stands, and all that happened", show),
  read("actions CASE", "what you may do now, and what blocks the rest", actions),
  read("course CASE", "the course with its sessions", showCourse),
  read("account CASE", "estimate, guarantee and invoice", showAccount),
  read("watch", "the events of your cases as they come", watchEvents, [
    { name: "cursor", hint: "CURSOR" },
    { name: "count", hint: "N" },
  ]),
  { ...read("whoami", "who the certificate says you are", whoAmI), by: "everyone" },
];

const operations: readonly Command[] = [
  operate("dead-letters [SERVICE]", "messages that could not be handled", deadLetters),
  operate("replay SERVICE TOPIC KEY", "handle them again, in their order", replay, signing),
  operate("clock [TIME|LENGTH]", "every service's clock; in a sandbox, moves it", clock, signing),
];

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [...reads, ...mutations.map(toCommand), ...operations];

type Reads = (run: Run) => Promise<string | undefined>;

function read(usage: string, summary: string, run: Reads, options = noOptions): Command {
  const [name = "", ...operands] = usage.split(" ");
  return { name, operands: operands.join(" "), by: "ministry, hub", summary, options, run };
}

function operate(usage: string, summary: string, run: Reads, options = noOptions): Command {
  return { ...read(usage, summary, run, options), by: "operator" };
}

async function watchEvents(run: Run): Promise<undefined> {
  await watch(run, run);
}

function toCommand(mutation: Mutation): Command {
  const { name, by, summary, resource } = mutation;
  const operands = resource === undefined ? "" : "CASE";
  const options = [...changeOptions(mutation), { name: "with", hint: "FILE" }, ...signing];
  return { name, operands, by, summary, options, run: (run) => change(mutation, run) };
}
