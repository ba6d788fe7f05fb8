import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  createRegistry,
  type DescFile,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  getOption,
  type Registry,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { allow, RoleSchema } from "@carehub/contracts/gen/carehub/access/v1/access_pb.ts";
import { type ServiceName, serviceNames } from "@carehub/local/platform";

/** The kinds of methods that the house has: one message in, and one or many out. */
export type Served = DescMethodUnary | DescMethodServerStreaming;

/** A method of the house, with the service process that serves it; the operations API has one entry for each. */
export type Surface = {
  readonly service: ServiceName;
  readonly method: Served;
  /** `intake carehub.intake.v1.ReferralService/SubmitReferral` */
  readonly title: string;
  readonly path: string;
  /** The roles of its `allow` option: `ministry`, `hub`, `operator`, `service`. */
  readonly roles: ReadonlySet<string>;
  /** A read by its own word; every other method may change something. */
  readonly isRead: boolean;
};

const generated = join(import.meta.dirname, "../../packages/contracts/src/gen");

/** Every generated file of the house, and so every service: none is listed by hand. */
export async function loadRegistry(): Promise<Registry> {
  const files = readdirSync(join(generated, "carehub"), { recursive: true, encoding: "utf8" });
  const modules = await Promise.all(
    files
      .filter((file) => file.endsWith("_pb.ts"))
      .map((file): Promise<object> => import(join(generated, "carehub", file))),
  );
  const descriptors = modules.flatMap((module) => Object.values(module).filter(isFile));
  return createRegistry(...descriptors);
}

/** Every method of every service, by the process that serves it. */
export async function loadSurface(): Promise<Surface[]> {
  const surface: Surface[] = [];
  for (const type of await loadRegistry()) {
    if (type.kind !== "service") continue;
    for (const method of type.methods) {
      if (!isServed(method)) throw new Error(`${method.name} takes more than one message`);
      for (const service of serversOf(method)) surface.push(describe(service, method));
    }
  }
  return surface;
}

function describe(service: ServiceName, method: Served): Surface {
  const path = `/${method.parent.typeName}/${method.name}`;
  return {
    service,
    method,
    title: `${service} ${path.slice(1)}`,
    path,
    roles: new Set(getOption(method, allow).roles.map(roleName)),
    isRead: method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
  };
}

function isServed(method: DescMethod): method is Served {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

function roleName(role: number): string {
  return RoleSchema.values.find(({ number }) => number === role)?.localName.toLowerCase() ?? "";
}

/** The package says it: `carehub.intake.v1` is served by intake, `carehub.operations.v1` by all. */
function serversOf(method: DescMethod): readonly ServiceName[] {
  const [, part] = method.parent.typeName.split(".");
  if (part === "operations") return serviceNames;
  const found = serviceNames.find((name) => name === part);
  if (found === undefined) throw new Error(`no process serves ${method.parent.typeName}`);
  return [found];
}

function isFile(value: unknown): value is DescFile {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
}
