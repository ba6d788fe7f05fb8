/** Fails on a link in a document that leads nowhere, and on a command in one that does not exist. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");
const scripts: Record<string, string> = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
).scripts;
const npmOwn = new Set(["install", "ci", "exec"]);

const problems: string[] = [];
for (const document of documents()) {
  const text = readFileSync(join(root, document), "utf8");
  for (const [, target = ""] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    if (!existsSync(join(root, dirname(document), target))) {
      problems.push(`${document}: the link ${target} leads nowhere`);
    }
  }
  for (const [, name = ""] of text.matchAll(/\bnpm (?:run )?(?:-s )?([a-z][a-z:-]*)/g)) {
    if (name !== "run" && !(name in scripts) && !npmOwn.has(name)) {
      problems.push(`${document}: there is no command npm run ${name}`);
    }
  }
}
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);

function documents(): string[] {
  return execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "" && existsSync(join(root, file)))
    .filter((file) => !file.startsWith("proto/third_party/"));
}
