import type { TemplateService } from "./hub.ts";

/** A quantity of one service. */
export type ServiceItem = { readonly serviceCode: string; readonly quantity: number };

/** What the quantities of a course's services are counted from. */
export type Counted = {
  readonly courses: number;
  readonly sessions: number;
  readonly anaesthesiaSessions: number;
  readonly stayDays: ReadonlyMap<string, number>;
};

type Stay = {
  readonly stay: string;
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
};

/** The services that a course consists of as it is planned. */
export function plannedItems(
  services: readonly TemplateService[],
  course: {
    readonly sessions: readonly unknown[];
    readonly stays: readonly Stay[];
    readonly underAnaesthesia: boolean;
  },
): ServiceItem[] {
  const sessions = course.sessions.length;
  return countItems(services, {
    courses: 1,
    sessions,
    anaesthesiaSessions: course.underAnaesthesia ? sessions : 0,
    stayDays: stayDaysOf(course.stays),
  });
}

/** The services with their quantities, one entry a code, none of quantity 0. */
export function countItems(services: readonly TemplateService[], counted: Counted): ServiceItem[] {
  const quantities = new Map<string, number>();
  for (const service of services) {
    const quantity = service.quantity * unitsOf(service, counted);
    quantities.set(service.serviceCode, (quantities.get(service.serviceCode) ?? 0) + quantity);
  }
  return [...quantities]
    .filter(([, quantity]) => quantity > 0)
    .map(([serviceCode, quantity]) => ({ serviceCode, quantity }));
}

/** The days of each stay, both ends counted. */
export function stayDaysOf(stays: readonly Stay[]): Map<string, number> {
  const days = new Map<string, number>();
  for (const { stay, firstDate, lastDate } of stays) {
    const length = firstDate.until(lastDate, { largestUnit: "days" }).days + 1;
    days.set(stay, (days.get(stay) ?? 0) + Math.max(0, length));
  }
  return days;
}

function unitsOf({ basis, stay }: TemplateService, counted: Counted): number {
  switch (basis) {
    case "PER_COURSE":
      return counted.courses;
    case "PER_SESSION":
      return counted.sessions;
    case "PER_ANAESTHESIA_SESSION":
      return counted.anaesthesiaSessions;
    case "PER_STAY_DAY":
      return counted.stayDays.get(stay) ?? 0;
    default:
      return basis satisfies never;
  }
}
