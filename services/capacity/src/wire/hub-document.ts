import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ClosureKind,
  type CourseTemplateSchema,
  Hub_State,
  HubSchema,
  type Weekday,
  type Hub as WireHub,
  PoolKind as WirePoolKind,
  ResourceKind as WireResourceKind,
  ServiceBasis as WireServiceBasis,
  type CourseTemplate as WireTemplate,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import { must } from "@carehub/rules/fault";
import type {
  Closure,
  CourseTemplate,
  Hub,
  HubDocument,
  PoolKind,
  ResourceKind,
  ServiceBasis,
} from "../domain/hub.ts";
import { isStale } from "../domain/hub.ts";
import { parseHubName } from "../domain/names.ts";
import { readDate, readInstant, toWireDate } from "./basics.ts";

/** Reads a document whose single fields were validated; what does not fit together is the domain's to find. */
export function readHubDocument(hub: WireHub): HubDocument {
  return {
    name: parseHubName(hub.name, "hub.name"),
    zone: hub.zone,
    country: hub.country,
    worksOnPublicHolidays: hub.worksOnPublicHolidays,
    validUntilAt: readInstant(hub.validUntilTime, "hub.valid_until_time"),
    resources: hub.resources.map(({ id, kind, weeklyOpenings }) => ({
      id,
      kind: keyOf(resourceKinds, kind),
      weeklyOpenings: weeklyOpenings.map(({ days, start, end }) => ({
        days: [...days],
        start: readTime(start),
        end: readTime(end),
      })),
    })),
    pools: hub.pools.map(({ id, kind, capacity, serves }) => {
      return { id, kind: keyOf(poolKinds, kind), capacity, serves: [...serves] };
    }),
    exceptionalOpenings: hub.exceptionalOpenings.map(({ resources, date, start, end }, index) => ({
      resources: [...resources],
      onDate: readDate(date, `hub.exceptional_openings[${index}].date`),
      start: readTime(start),
      end: readTime(end),
    })),
    closures: hub.closures.map((closure, index) => ({
      resources: [...closure.resources],
      kind: keyOf(closureKinds, closure.kind),
      reason: closure.reason,
      firstDate: readDate(closure.firstDate, `hub.closures[${index}].first_date`),
      lastDate: readDate(closure.lastDate, `hub.closures[${index}].last_date`),
      start: closure.start === "" ? 0 : readTime(closure.start),
      end: closure.end === "" ? minutesOfDay : readTime(closure.end),
    })),
    templates: hub.templates.map(readTemplate),
  };
}

/** A published hub as the API shows it; stale or not by the given time. */
export function toWireHub(hub: Hub, now: Temporal.Instant): WireHub {
  const { document, version, createdAt, updatedAt } = hub;
  return create(HubSchema, {
    name: document.name,
    createTime: toTimestamp(createdAt),
    updateTime: toTimestamp(updatedAt),
    etag: `W/"${version}"`,
    state: isStale(document, now) ? Hub_State.STALE : Hub_State.CURRENT,
    version,
    zone: document.zone,
    country: document.country,
    worksOnPublicHolidays: document.worksOnPublicHolidays,
    validUntilTime: toTimestamp(document.validUntilAt),
    resources: document.resources.map(({ id, kind, weeklyOpenings }) => ({
      id,
      kind: resourceKinds[kind],
      weeklyOpenings: weeklyOpenings.map(({ days, start, end }) => ({
        days: [...days] as Weekday[],
        start: toTime(start),
        end: toTime(end),
      })),
    })),
    pools: document.pools.map(({ id, kind, capacity, serves }) => {
      return { id, kind: poolKinds[kind], capacity, serves: [...serves] };
    }),
    exceptionalOpenings: document.exceptionalOpenings.map(({ resources, onDate, start, end }) => ({
      resources: [...resources],
      date: toWireDate(onDate),
      start: toTime(start),
      end: toTime(end),
    })),
    closures: document.closures.map((closure) => ({
      resources: [...closure.resources],
      kind: closureKinds[closure.kind],
      reason: closure.reason,
      firstDate: toWireDate(closure.firstDate),
      lastDate: toWireDate(closure.lastDate),
      start: toTime(closure.start),
      end: toTime(closure.end),
    })),
    templates: document.templates.map(toWireTemplate),
  });
}

function readTemplate(template: WireTemplate): CourseTemplate {
  const { id, version, programme, session, rules } = template;
  const shape = must(session, "validation requires the session");
  const { $typeName: _, ...ruleFields } = must(rules, "validation requires the rules");
  return {
    id,
    version,
    programme,
    phases: template.phases.map((phase) => ({
      id: phase.id,
      sessionCount: phase.sessionCount,
      sessionCountMin: phase.sessionCountMin || 1,
      sessionCountMax: phase.sessionCountMax || phase.sessionCount,
    })),
    uses: shape.uses.map(({ kind, offsetMinutes, minutes, onlyUnderAnaesthesia }) => {
      return { kind: keyOf(resourceKinds, kind), offsetMinutes, minutes, onlyUnderAnaesthesia };
    }),
    beam: shape.beam && { offsetMinutes: shape.beam.offsetMinutes, minutes: shape.beam.minutes },
    sites: [...shape.sites],
    rules: { ...ruleFields, maxGapHours: ruleFields.maxGapHours || gapHoursMax },
    stays: template.stays.map(({ id: stay, pool, fromDay, days }) => {
      return { id: stay, pool, fromDay, days };
    }),
    services: template.services.map(({ serviceCode, basis, quantity, stay }) => {
      return { serviceCode, basis: keyOf(serviceBases, basis), quantity, stay };
    }),
  };
}

function toWireTemplate(template: CourseTemplate): MessageInitShape<typeof CourseTemplateSchema> {
  const { id, version, programme, phases, uses, beam, sites, rules, stays, services } = template;
  return {
    id,
    version,
    programme,
    phases: phases.map((phase) => ({ ...phase })),
    session: {
      uses: uses.map((use) => ({ ...use, kind: resourceKinds[use.kind] })),
      ...(beam === undefined ? {} : { beam: { ...beam } }),
      sites: [...sites],
    },
    rules: { ...rules },
    stays: stays.map((stay) => ({ ...stay })),
    services: services.map((service) => ({ ...service, basis: serviceBases[service.basis] })),
  };
}

const minutesOfDay = 1440;
const minutesOfHour = 60;
const gapHoursMax = 720;

const resourceKinds: Readonly<Record<ResourceKind, WireResourceKind>> = {
  ROOM: WireResourceKind.ROOM,
  THEATRE: WireResourceKind.THEATRE,
  ANAESTHESIA_TEAM: WireResourceKind.ANAESTHESIA_TEAM,
  PACU_BAY: WireResourceKind.PACU_BAY,
};
const poolKinds: Readonly<Record<PoolKind, WirePoolKind>> = {
  BED: WirePoolKind.BED,
  BEAM: WirePoolKind.BEAM,
};
const closureKinds: Readonly<Record<Closure["kind"], ClosureKind>> = {
  CLOSURE: ClosureKind.CLOSURE,
  MAINTENANCE: ClosureKind.MAINTENANCE,
};
const serviceBases: Readonly<Record<ServiceBasis, WireServiceBasis>> = {
  PER_COURSE: WireServiceBasis.PER_COURSE,
  PER_SESSION: WireServiceBasis.PER_SESSION,
  PER_ANAESTHESIA_SESSION: WireServiceBasis.PER_ANAESTHESIA_SESSION,
  PER_STAY_DAY: WireServiceBasis.PER_STAY_DAY,
};

function keyOf<Key extends string, Value>(table: Readonly<Record<Key, Value>>, value: Value): Key {
  const found = (Object.keys(table) as Key[]).find((key) => table[key] === value);
  return must(found, "validation allows only known values");
}

function readTime(text: string): number {
  const [hours = "0", minutes = "0"] = text.split(":");
  return Number(hours) * minutesOfHour + Number(minutes);
}

function toTime(minuteOfDay: number): string {
  const hours = Math.floor(minuteOfDay / minutesOfHour);
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${pad(hours)}:${pad(minuteOfDay % minutesOfHour)}`;
}
