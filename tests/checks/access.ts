/** Fails when a method of any service says nothing about who may call it. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { methodsWithoutAccess } from "@carehub/grpc/access";

const contracts = join(import.meta.dirname, "../../packages/contracts/src/gen/carehub");
const files = readdirSync(contracts, { recursive: true, encoding: "utf8" });

const missing: string[] = [];
let methods = 0;
for (const file of files.filter((name) => name.endsWith("_service_pb.ts"))) {
  const module: Record<string, unknown> = await import(join(contracts, file));
  for (const described of Object.values(module).filter(isFile)) {
    methods += described.services.flatMap((service) => service.methods).length;
    missing.push(...methodsWithoutAccess(described.services));
  }
}
for (const method of missing) console.error(`${method}: no carehub.access.v1.allow`);
process.exit(missing.length === 0 && methods > 0 ? 0 : 1);

function isFile(value: unknown): value is DescFile {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
}
