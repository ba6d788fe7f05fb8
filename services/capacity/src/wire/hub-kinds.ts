import {
  ClosureKind,
  CompensationRule,
  PoolKind as WirePoolKind,
  ResourceKind as WireResourceKind,
  ServiceBasis as WireServiceBasis,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { must } from "@carehub/rules/fault";
import type { Closure, Compensation, PoolKind, ResourceKind, ServiceBasis } from "../domain/hub.ts";

/** What a resource is. */
export const resourceKinds: Readonly<Record<ResourceKind, WireResourceKind>> = {
  ROOM: WireResourceKind.ROOM,
  THEATRE: WireResourceKind.THEATRE,
  ANAESTHESIA_TEAM: WireResourceKind.ANAESTHESIA_TEAM,
  PACU_BAY: WireResourceKind.PACU_BAY,
  IMAGING: WireResourceKind.IMAGING,
  WORKSHOP: WireResourceKind.WORKSHOP,
};
/** What a pool counts. */
export const poolKinds: Readonly<Record<PoolKind, WirePoolKind>> = {
  BED: WirePoolKind.BED,
  BEAM: WirePoolKind.BEAM,
};
/** Why a resource is not to be had. */
export const closureKinds: Readonly<Record<Closure["kind"], ClosureKind>> = {
  CLOSURE: ClosureKind.CLOSURE,
  MAINTENANCE: ClosureKind.MAINTENANCE,
  OUTAGE: ClosureKind.OUTAGE,
  STAFFING: ClosureKind.STAFFING,
};
/** What the quantity of a service counts. */
export const serviceBases: Readonly<Record<ServiceBasis, WireServiceBasis>> = {
  PER_COURSE: WireServiceBasis.PER_COURSE,
  PER_SESSION: WireServiceBasis.PER_SESSION,
  PER_ANAESTHESIA_SESSION: WireServiceBasis.PER_ANAESTHESIA_SESSION,
  PER_STAY_DAY: WireServiceBasis.PER_STAY_DAY,
};

/** How a lost day may be made up for. */
export const compensationRules: Readonly<Record<Compensation, CompensationRule>> = {
  EXTRA_DAY: CompensationRule.EXTRA_DAY,
  SAME_DAY: CompensationRule.SAME_DAY,
};

/** The domain's word for a value of the wire. */
export function keyOf<Key extends string, Value>(
  table: Readonly<Record<Key, Value>>,
  value: Value,
): Key {
  const found = (Object.keys(table) as Key[]).find((key) => table[key] === value);
  return must(found, "validation allows only known values");
}
