import { type Command, commands } from "./commands.ts";

const global = `  --connection FILE   how to reach the platform, or CAREHUB_CONNECTION; npm start writes one for each organisation
  --json              one JSON document on standard output, refusals too
  --help              this text, or a command's options`;

/** The help of the program. */
export function helpOfAll(): string {
  const width = Math.max(...commands.map((each) => usageOf(each).length));
  const lines = commands.map(
    (each) => `  ${usageOf(each).padEnd(width)}  ${each.summary} (${each.by})`,
  );
  return `carehub COMMAND [operands] [options]

The command line of ministries, hubs and operators. Who you are is what your certificate says.
CASE is a case's uuid, its name at any service, or the ministry's placer number. PROPOSAL is the uuid of one, or open
for the only one that waits. Times without an offset are of your hub's zone; a day alone is its beginning. Who acts is
--actor, a reference and never a name, in the role of --actor-role; where two persons are to agree, those differ.

${lines.join("\n")}

${global}

Exit codes: 0 done, 1 refused, 2 called wrongly, 3 nobody answered.`;
}

/** The help of one command, with its options. */
export function helpOf(command: Command): string {
  const names = command.options.map(({ name, hint }) => `--${name} ${hint}`.trimEnd());
  const options = names.map((each) => `  ${each}`).join("\n");
  const about = command.about === undefined ? "" : `${command.about}\n\n`;
  return `carehub ${usageOf(command)}\n\n${command.summary} (${command.by})\n\n${about}${options}\n${global}`;
}

function usageOf({ name, operands }: Command): string {
  return `${name} ${operands}`.trimEnd();
}
