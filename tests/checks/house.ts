/** Fails on what no linter here measures: long files, skipped tests, words that belong elsewhere. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const linesMax = 300;
const generated = /\/(gen|generated)\//;
const banned = [
  { pattern: /\b(test|it|describe)\.(skip|only|todo)\b/, rule: "no skipped or focused test" },
  { pattern: /@ts-(ignore|nocheck|expect-error)/, rule: "no silenced type error" },
  { pattern: /\b(TODO|FIXME|XXX)\b/, rule: "no TODO: do it or write it down in an ADR" },
  { pattern: /^\s*export \* from/m, rule: "no barrel" },
];
const layers = [
  { room: /services\/[^/]+\/src\/grpc\//, bans: /from "\.\.\/(events|storage)\// },
  { room: /services\/[^/]+\/src\/storage\//, bans: /from "\.\.\/(events|grpc)\// },
  { room: /services\/[^/]+\/src\/events\//, bans: /from "\.\.\/(grpc|storage)\// },
  { room: /services\/[^/]+\/src\/(?!config|main)/, bans: /process\.env/ },
];

const problems: string[] = [];
for (const file of files()) {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").length - 1;
  if (lines > linesMax) problems.push(`${file}: ${lines} lines, at most ${linesMax}`);
  for (const { pattern, rule } of file === "tests/checks/house.ts" ? [] : banned) {
    if (pattern.test(text)) problems.push(`${file}: ${rule}`);
  }
  for (const { room, bans } of file.endsWith(".test.ts") ? [] : layers) {
    if (room.test(file) && bans.test(text)) problems.push(`${file}: must not hold ${bans.source}`);
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

function files(): string[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "" && !generated.test(file));
}
