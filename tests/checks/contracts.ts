/** Fails when the contracts lack what every one of them needs; see contract-rules.ts. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { contractProblems } from "./contract-rules.ts";

const contracts = join(import.meta.dirname, "../../packages/contracts/src/gen/carehub");

const files: DescFile[] = [];
for (const file of readdirSync(contracts, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith("_pb.ts")) continue;
  const module: Record<string, unknown> = await import(join(contracts, file));
  files.push(...Object.values(module).filter(isFile));
}
const problems = files.flatMap(contractProblems);
for (const problem of new Set(problems)) console.error(problem);
process.exit(problems.length === 0 && files.length > 0 ? 0 : 1);

function isFile(value: unknown): value is DescFile {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
}
