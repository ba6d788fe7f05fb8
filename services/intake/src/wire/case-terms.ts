import type { CoursePlan as WirePlan } from "@carehub/contracts/gen/carehub/type/v1/course_plan_pb.ts";
import type { Money as WireMoney } from "@carehub/contracts/gen/carehub/type/v1/money_pb.ts";
import type { ServiceItem as WireItem } from "@carehub/contracts/gen/carehub/type/v1/service_item_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { parseCurrency } from "@carehub/money/currency";
import type { Money } from "@carehub/money/money";
import { must } from "@carehub/rules/fault";
import type { CoursePlan, PersonFacts, ServiceItem } from "../domain/case-terms.ts";
import type { Deferral } from "../domain/facts.ts";
import { fromWireDate, toWireDate } from "./times.ts";

/** An amount for the wire. */
export function toWireMoney({ amountMinor, currency }: Money) {
  return { amountMinor, currencyCode: currency };
}

/** Reads an amount; an unknown currency fails with CURRENCY_UNKNOWN. */
export function fromWireMoney(money: WireMoney | undefined, field: string): Money {
  const { amountMinor, currencyCode } = must(money, `${field} is there`);
  return { amountMinor, currency: parseCurrency(currencyCode) };
}

/** What a rule may know of a patient, for the wire. */
export function toWirePerson({ ageDate, ...person }: PersonFacts) {
  return { ...person, ageDate: toWireDate(ageDate) };
}

/** A plan for the wire. */
export function toWirePlan({ phases, stays, readyDate, dueDate, ...plan }: CoursePlan) {
  return {
    ...plan,
    phases: phases.map((phase) => ({ ...phase })),
    stays: stays.map((stay) => ({ ...stay })),
    readyDate: toWireDate(readyDate),
    dueDate: toWireDate(dueDate),
  };
}

/** Why and until when a case is deferred, for the wire. */
export function toWireDeferral({ reason, resumeBy }: Deferral) {
  return { reason, resumeByTime: toTimestamp(resumeBy) };
}

/** Reads a plan. */
export function fromWirePlan(plan: WirePlan): CoursePlan {
  return {
    template: plan.template,
    phases: plan.phases.map(({ phase, sessionCount }) => ({ phase, sessionCount })),
    stays: plan.stays.map(({ stay, days }) => ({ stay, days })),
    readyDate: fromWireDate(plan.readyDate, "plan.ready_date"),
    dueDate: fromWireDate(plan.dueDate, "plan.due_date"),
    underAnaesthesia: plan.underAnaesthesia,
  };
}

/** Reads quantities of services. */
export function fromWireItems(items: readonly WireItem[]): ServiceItem[] {
  return items.map(({ serviceCode, quantity }) => ({ serviceCode, quantity }));
}
