import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const domain = "services/intake/src/domain";
const app = "services/intake/src/app";
const use = (from: string) => `import { y } from "${from}";\n\ny();\n`;

/** Texts that a rule must refuse, each in a file of its own, in a copy of the tree's shape. */
const bad: Readonly<Record<string, { readonly text: string; readonly rule: string }>> = {
  [`${domain}/out-of-its-room.ts`]: { text: use("../app/y.ts"), rule: "noRestrictedImports" },
  [`${domain}/node.ts`]: { text: use("node:fs"), rule: "noRestrictedImports" },
  [`${domain}/contracts.ts`]: {
    text: use("@carehub/contracts/gen/x.ts"),
    rule: "noRestrictedImports",
  },
  [`${domain}/database-client.ts`]: { text: use("pg"), rule: "noRestrictedImports" },
  [`${domain}/own-io.ts`]: { text: use("@carehub/database/pool"), rule: "noRestrictedImports" },
  [`${app}/into-grpc.ts`]: { text: use("../grpc/y.ts"), rule: "noRestrictedImports" },
  [`${app}/into-events.ts`]: { text: use("../events/y.ts"), rule: "noRestrictedImports" },
  [`${app}/kafka.ts`]: { text: use("kafkajs"), rule: "noRestrictedImports" },
  "packages/rules/src/default.ts": { text: "export default 1;\n", rule: "noDefaultExport" },
  "packages/rules/src/any.ts": { text: "export const x: any = 1;\n", rule: "noExplicitAny" },
  "packages/rules/src/non-null.ts": {
    text: "export const x = (y?: string) => y!.length;\n",
    rule: "noNonNullAssertion",
  },
  "packages/rules/src/enum.ts": { text: "export enum X {\n  A,\n}\n", rule: "noEnum" },
  "packages/rules/src/long-function.ts": {
    text: `export function x(f: () => void) {\n${"  f();\n".repeat(61)}}\n`,
    rule: "noExcessiveLinesPerFunction",
  },
  "packages/rules/src/undeclared.ts": {
    text: 'import "kafkajs";\n',
    rule: "noUndeclaredDependencies",
  },
};
const good = {
  [`${domain}/good.ts`]: use("@carehub/rules/domain-error"),
  [`${app}/good.ts`]: use("../domain/y.ts"),
};

let folder: string;
let found: Set<string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carehub-lint-"));
  const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  write("biome.json", JSON.stringify({ ...config, vcs: { enabled: false } }));
  write("packages/rules/package.json", '{ "name": "@carehub/rules", "version": "0.1.0" }');
  write(
    "services/intake/package.json",
    readFileSync(join(root, "services/intake/package.json"), "utf8"),
  );
  for (const [file, { text }] of Object.entries(bad)) write(file, text);
  for (const [file, text] of Object.entries(good)) write(file, text);
  found = lint();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Object.entries(bad))("the linter refuses %s", (file, { rule }) => {
  expect([...found].filter((each) => each.startsWith(file))).toContain(`${file} ${rule}`);
});

test.each(Object.keys(good))("the linter accepts %s", (file) => {
  expect([...found].filter((each) => each.startsWith(file))).toEqual([]);
});

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

type Report = {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string | { readonly file: string } };
  }[];
};

/** Each broken rule as `file rule`. */
function lint(): Set<string> {
  const biome = join(root, "node_modules/.bin/biome");
  const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(biome, args, { cwd: folder, encoding: "utf8" });
  const { diagnostics }: Report = JSON.parse(stdout);
  return new Set(
    diagnostics.map(({ category, location: { path } }) => {
      const file = typeof path === "string" ? path : path.file;
      return `${file.replace(/^\.\//, "")} ${category.split("/").at(-1)}`;
    }),
  );
}
