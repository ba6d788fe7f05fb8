import { must } from "@carehub/rules/fault";
import { toStatements, type Vary } from "../instruments/script.ts";
import type { RecordedHold } from "../workers/capacity-store.ts";
import type { Recorded } from "../workers/recorder.ts";
import type { CapacityStage } from "./capacity-stage.ts";

/** Which hold to record, and for what its names stand in the script. */
export type HoldScript = {
  readonly hub: string;
  readonly template: string;
  readonly day: number;
  /** SQL terms by recorded text; the id, the request and their locks vary in every script. */
  readonly terms?: Readonly<Record<string, string>>;
  /** The term for the lock of the first resource, where that varies. */
  readonly lock?: string;
  readonly manyHubs?: Vary["hub"];
};

const id = "lpad(to_hex(:index::bigint), 32, '0')::uuid";
const index = (clients: number) => [
  "\\set step :step + 1",
  `\\set index :from + :step * ${clients} + :client_id`,
];

/** Holds a course on the bare database, and answers all that the service sent for it. */
export function recordHold({ store }: CapacityStage, asked: HoldScript): Promise<RecordedHold> {
  const { hub, template, day } = asked;
  return store.tell("record", { hub, template, day });
}

/** The transaction alone, from its beginning to its end. */
export function transactionOf({ statements }: RecordedHold): readonly Recorded[] {
  return statements.slice(statements.findIndex(({ name }) => name === "begin"));
}

/** The part of the transaction that decides, and then gives up, as the loser of a race does. */
export function losing(transaction: readonly Recorded[]): readonly Recorded[] {
  const end = transaction.findIndex(({ name }) => name === "reservation-keep-all") + 1;
  return [...transaction.slice(0, end), { name: "rollback", sql: "rollback", values: [] }];
}

/** A script of pgbench from recorded statements, each run of which has ids of its own. */
export function scriptOf(
  recorded: RecordedHold,
  statements: readonly Recorded[],
  {
    terms = {},
    lock,
    manyHubs,
    clients,
    variables = [],
  }: HoldScript & {
    readonly clients: number;
    readonly variables?: readonly string[];
  },
): string[] {
  const keep = recorded.statements.find(({ name }) => name === "reservation-keep-all");
  const create = recorded.statements.find(({ name }) => name === "course-lock-or-create");
  const [, , , , starts, , , lockKeys] = must(keep, "a hold keeps something").values;
  const [, courseLock] = must(create, "a hold makes its course").values;
  const [start] = starts as readonly number[];
  const known = new Map<string, string>([
    [recorded.id, id],
    [recorded.requestId, `(${id})::text`],
    [`courses/${recorded.id}`, `('courses/' || ${id})`],
    [String(courseLock), ":index"],
    ...Object.entries(terms),
  ]);
  const [lockKey] = lockKeys as readonly bigint[];
  if (lock !== undefined) known.set(String(lockKey), lock);
  const vary: Vary = {
    terms: known,
    start: must(start, "a session has a start"),
    ...(manyHubs === undefined ? {} : { hub: manyHubs }),
  };
  return [...index(clients), ...variables, ...toStatements(statements, vary)];
}
