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
