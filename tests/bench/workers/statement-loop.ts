import pg from "pg";
import { answerCommands, type Commands } from "../instruments/commands.ts";

/** What pgbench would be told, for machines without it. */
export type StatementLoop = {
  readonly databaseUrl: string;
  /** With `:id`, `:next` and `:before` in place of values. */
  readonly statement: string;
  readonly from: number;
  readonly clients: number;
  readonly thingsEach: number;
};

let total = 0;
let isStopped = false;

/** Runs one prepared statement in a loop on each connection, until it is stopped. */
async function start(loop: StatementLoop): Promise<void> {
  isStopped = false;
  const names = ["id", "next", "before"];
  const text = names.reduce(
    (sql, name, at) => sql.replaceAll(`:${name}`, `$${at + 1}`),
    loop.statement,
  );
  for (let client = 0; client < loop.clients; client += 1) {
    const connection = new pg.Client({ connectionString: loop.databaseUrl });
    await connection.connect();
    void runOn(connection, { ...loop, text, from: loop.from + client * loop.thingsEach });
  }
}

async function runOn(
  connection: pg.Client,
  { text, from, thingsEach }: StatementLoop & { text: string },
): Promise<void> {
  for (let step = 0; !isStopped; step += 1) {
    const before = Math.floor(step / thingsEach);
    const values = [String(from + (step % thingsEach)), before + 1, before];
    await connection.query({ name: "loop", text, values });
    total += 1;
  }
  await connection.end();
}

const commands = {
  start,
  count: (): number => total,
  stop: (): void => {
    isStopped = true;
  },
} satisfies Commands;

export type LoopCommands = typeof commands;

answerCommands(commands);
