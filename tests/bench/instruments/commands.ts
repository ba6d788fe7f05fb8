/** What a worker process can be told to do. Arguments and answers are copied between processes. */
export type Commands = Readonly<Record<string, (input: never) => unknown>>;

/** A command on its way to a worker, and the answer on its way back. */
export type Order = { readonly id: number; readonly name: string; readonly input: unknown };
export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** Answers the commands of the process that started this one, and ends when that one does. */
export function answerCommands<Given extends Commands>(commands: Given): void {
  process.on("message", (message) => {
    const { id, name, input } = message as Order;
    void run(commands, name, input).then(
      (result) => send({ id, result }),
      (error: unknown) => send({ id, error: describe(error) }),
    );
  });
  // By exit, and not by the signal itself, so that a CPU profile is written.
  process.on("SIGTERM", () => process.exit(0));
  process.on("disconnect", () => process.exit(0));
}

async function run(commands: Commands, name: string, input: unknown): Promise<unknown> {
  const command = commands[name];
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return await command(input as never);
}

function send(answer: Answer): void {
  process.send?.(answer);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
