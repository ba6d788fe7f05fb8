/**
 * The invariant checker: reads the four services' databases, the keys' database and every topic, and says what is
 * not as it must be. It changes nothing. The platform must be quiet: nothing pending, no consumer behind.
 */
import { parseArgs } from "node:util";
import { checkPlatform } from "./check-platform.ts";
import type { Places } from "./evidence.ts";
import { databaseNames } from "./invariant.ts";
import { writeReport } from "./report.ts";

const help = `node tests/invariants/main.ts: checks the invariants I1 to I7 over databases, topics and a history.

  --intake URL --intake-keys URL --capacity URL --agreements URL --billing URL
                    the databases; or
  --admin URL       the address of one PostgreSQL, with
  --prefix TEXT     what stands before the names intake, intake_keys, capacity, agreements, billing (default: nothing)
  --brokers LIST    Kafka, host:port with commas
  --history FILE    what clients asked, as JSON lines: {"kind": "invoke" | "ok" | "refused" | "unknown", "requestId",
                    "caller", "service", "method", "name"?, "response"?, "reason"?}; without it I5 is not checked
  --json            the report as one JSON document
  --allow-empty     a rule that saw no row is no failure

Exit code 0: nothing is broken. 1: something is, or a rule saw nothing. 2: it could not be checked.
`;

type Values = Readonly<Record<string, string | boolean | undefined>>;

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const names = ["intake", "intake-keys", "capacity", "agreements", "billing", "admin", "prefix"];
  const options = Object.fromEntries([...names, "brokers", "history"].map((name) => [name, text]));
  const { values } = parseArgs({
    options: { ...options, json: flag, "allow-empty": flag, help: flag },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const report = await checkPlatform(readPlaces(values));
  process.stdout.write(
    values.json ? `${JSON.stringify(report, undefined, 2)}\n` : writeReport(report),
  );
  const isBlind = report.blind.length > 0 && !values["allow-empty"];
  return report.violationCount > 0 || isBlind ? 1 : 0;
}

function readPlaces(values: Values): Places {
  const given = (name: string): string => {
    const value = values[name];
    if (typeof value === "string") return value;
    throw new Error(`--${name} is missing; --help says what is needed`);
  };
  const databases = Object.fromEntries(
    databaseNames.map((name) => {
      const option = name.replace("_", "-");
      if (values[option] !== undefined) return [name, given(option)];
      const url = new URL(given("admin"));
      url.pathname = `/${encodeURIComponent(`${values.prefix ?? ""}${name}`)}`;
      return [name, url.href];
    }),
  ) as Places["databases"];
  const history = typeof values.history === "string" ? values.history : undefined;
  return { databases, brokers: given("brokers").split(","), history };
}
