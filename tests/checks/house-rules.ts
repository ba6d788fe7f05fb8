/** What no linter here measures: long files, skipped tests, and which room may import which. */

const linesMax = 300;
const banned = [
  { pattern: /\b(test|it|describe)\.(skip|only|todo)\b/, rule: "no skipped or focused test" },
  { pattern: /@ts-(ignore|nocheck|expect-error)/, rule: "no silenced type error" },
  { pattern: /\b(TODO|FIXME)\b/, rule: "no TODO: do it or write it down in a record" },
  { pattern: /^\s*export \* from/m, rule: "no barrel" },
];
const rooms = [
  { room: /services\/[^/]+\/src\/grpc\//, bans: /from "\.\.\/(events|storage)\// },
  { room: /services\/[^/]+\/src\/storage\//, bans: /from "\.\.\/(events|grpc)\// },
  { room: /services\/[^/]+\/src\/events\//, bans: /from "\.\.\/(grpc|storage)\// },
  { room: /services\/[^/]+\/src\/(?!config\.ts|main\.ts)/, bans: /process\.env/ },
  {
    // The verifier of certificates must not share a fault with the service that it checks.
    room: /^apps\/verify-course\//,
    bans: /from "(@carehub\/(intake|capacity|agreements|billing|rules|database)\b|(\.\.\/)+services\/)/,
  },
  {
    // Only the simulation of a hub runs a service's rules in its own process: the pure planner, and nothing else.
    room: /^apps\/(?!simulate-hub\/)/,
    bans: /from "@carehub\/(intake|capacity|agreements|billing)\//,
  },
  {
    room: /^apps\/simulate-hub\//,
    bans: /from "@carehub\/(intake|agreements|billing|capacity\/(?!domain\/|wire\/hub-document"))/,
  },
  { room: /^services\//, bans: /from "(\.\.\/)+(intake|capacity|agreements|billing)\// },
];

/** The rules that a file breaks, as sentences; none for a good one. */
export function problemsOf(file: string, text: string): string[] {
  const problems: string[] = [];
  const lines = text.split("\n").length - 1;
  if (lines > linesMax) problems.push(`${lines} lines, at most ${linesMax}`);
  for (const { pattern, rule } of banned) if (pattern.test(text)) problems.push(rule);
  if (file.endsWith(".test.ts")) return problems;
  for (const { room, bans } of rooms) {
    if (room.test(file) && bans.test(text)) problems.push(`must not hold ${bans.source}`);
  }
  return problems;
}

const homes: Readonly<Record<string, readonly string[]>> = {
  kafkajs: ["@carehub/events", "@carehub/local", "@carehub/tests"],
  "@grpc/grpc-js": ["@carehub/grpc", "@carehub/tests"],
  pg: ["@carehub/database", "@carehub/local", "@carehub/testing", "@carehub/tests"],
};

type Manifest = {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
};

/** The libraries that a package declares although they have a home elsewhere, as sentences. */
export function dependencyProblems({ name, dependencies, devDependencies }: Manifest): string[] {
  const declared = Object.keys({ ...dependencies, ...devDependencies });
  return declared
    .filter((library) => homes[library]?.includes(name) === false)
    .map((library) => `${name} declares ${library}, which only ${homes[library]?.join(", ")} may`);
}
