import { parseArgs } from "node:util";

/** The suites, and what each measures. */
export const suites = {
  rpc: "B1 rpc-echo: an empty method through the whole gRPC chain, against the bare library",
  events: "B7 event-path and B8 relay-drain: from a commit to a consumer's commit over Kafka",
  capacity:
    "B2 db-hold, B3 hold-one, B4 hold-hot, B5 course-30 and B6 course-search: holding and finding a hub's time",
} as const;

export type SuiteName = keyof typeof suites;

/** What was asked for. */
export type Arguments = {
  readonly suites: readonly SuiteName[];
  /** The ids of the workloads to run, where not all of a suite are wanted. */
  readonly only: readonly string[];
  /** Seconds of each measured run; fewer than the usual 20 make a result for orientation only. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly json: boolean;
  readonly write: boolean;
  readonly profileFolder: string | undefined;
  readonly help: boolean;
};

export const usualSeconds = 20;
const usualWarmupSeconds = 5;
const secondsMax = 3_600;

/** The text of --help. */
export const helpText = `npm run bench -- [--suite=NAME] [--only ID] [--seconds N] [--json] [--write]

Measures on this machine, beside a baseline of the same run, by turns (A B A B A).

${Object.entries(suites)
  .map(([name, text]) => `  --suite=${name.padEnd(8)} ${text}`)
  .join("\n")}
                   all of them where none is named
  --only ID        of the capacity suite only this workload, such as B3; may be repeated
  --seconds N      length of each measured run, ${usualSeconds} by default; warm-up is a quarter of it
  --json           prints the findings as JSON, and the progress on standard error
  --profile FOLDER leaves a CPU profile of each of our processes there, which costs a tenth or so
  --write          puts the findings into docs/benchmarks.md as well

Exit code: 0 every floor was reached, 1 one was missed, 2 a result was refused because its baseline
drifted or other work took a quarter of the machine, 3 it could not be run.
`;

/** Reads the command line; throws a sentence for people where it is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      suite: { type: "string", multiple: true },
      only: { type: "string", multiple: true, default: [] },
      seconds: { type: "string", default: String(usualSeconds) },
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds >= 1 && seconds <= secondsMax)) {
    throw new Error(`--seconds is ${values.seconds}; 1 to ${secondsMax} are possible`);
  }
  const named = values.suite ?? Object.keys(suites);
  return {
    suites: named.map(toSuite),
    only: values.only,
    seconds,
    warmupSeconds: Math.min(usualWarmupSeconds, Math.max(1, seconds / 4)),
    json: values.json,
    write: values.write,
    profileFolder: values.profile,
    help: values.help,
  };
}

function toSuite(name: string): SuiteName {
  if (Object.hasOwn(suites, name)) return name as SuiteName;
  throw new Error(`there is no suite ${name}; there are ${Object.keys(suites).join(", ")}`);
}
