/** Fails when a file breaks a rule of the house; see house-rules.ts. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { problemsOf } from "./house-rules.ts";

const generated = /\/(gen|generated)\//;
const ruleBook = /^tests\/checks\/house-rules/;

const problems = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.ts"], {
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && !generated.test(file) && !ruleBook.test(file))
  .flatMap((file) =>
    problemsOf(file, readFileSync(file, "utf8")).map((each) => `${file}: ${each}`),
  );

for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
