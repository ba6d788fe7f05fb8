import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { allow, Role as ProtoRole } from "@carehub/contracts/gen/carehub/access/v1/access_pb.ts";
import type { Caller, Role } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { assert } from "@carehub/rules/fault";
import { nameOf } from "./definition.ts";

const roleByNumber: ReadonlyMap<number, Role> = new Map([
  [ProtoRole.MINISTRY, "ministry"],
  [ProtoRole.HUB, "hub"],
  [ProtoRole.OPERATOR, "operator"],
  [ProtoRole.SERVICE, "service"],
]);

/** The access rule of a method: who may call it, and what ties a resource to the caller. */
export type Access = { readonly roles: ReadonlySet<Role>; readonly scope: string };

/**
 * Reads a method's rule from its `carehub.access.v1.allow` option; without a usable one it throws.
 */
export function accessOf(method: DescMethod): Access {
  const access = findAccess(method);
  assert(access !== undefined, `${nameOf(method)} says who may call it`);
  return access;
}

/** The full names of the methods that do not say who may call them; a build check wants none. */
export function methodsWithoutAccess(services: readonly DescService[]): string[] {
  return services
    .flatMap((service) => service.methods)
    .filter((method) => findAccess(method) === undefined)
    .map(nameOf);
}

/** Refuses a caller whose role is not in the method's rule. */
export function requireAccess(access: Access, caller: Caller): void {
  if (access.roles.has(caller.role)) return;
  const allowed = [...access.roles].join(" ");
  throw new DomainError("ROLE_NOT_ALLOWED", { role: caller.role, allowed });
}

function findAccess(method: DescMethod): Access | undefined {
  if (!hasOption(method, allow)) return undefined;
  const { roles, scope } = getOption(method, allow);
  const known = roles.map((role) => roleByNumber.get(role));
  if (known.length === 0 || known.includes(undefined)) return undefined;
  return { roles: new Set(known.filter((role) => role !== undefined)), scope };
}
