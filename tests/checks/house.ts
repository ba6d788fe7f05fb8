/** Fails when a file breaks a rule of the house; see house-rules.ts. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dependencyProblems, problemsOf } from "./house-rules.ts";

const generated = /\/(gen|generated)\//;
const ruleBook = /^tests\/checks\/house-rules/;

const problems = [
  ...list("*.ts")
    .filter((file) => !generated.test(file) && !ruleBook.test(file))
    .flatMap((file) =>
      problemsOf(file, readFileSync(file, "utf8")).map((each) => `${file}: ${each}`),
    ),
  ...list("*package.json").flatMap((file) =>
    dependencyProblems(JSON.parse(readFileSync(file, "utf8"))),
  ),
];
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

/** The files of a kind that are there; git lists what it tracks also where it was just deleted. */
function list(pattern: string): string[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", pattern], {
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "" && existsSync(file));
}
