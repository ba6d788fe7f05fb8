import { create } from "@bufbuild/protobuf";
import {
  Hub_State,
  HubSchema,
  type Weekday,
  type Hub as WireHub,
  type Pool as WirePool,
  type Resource as WireResource,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { toTimestamp } from "@carehub/grpc/instants";
import type { Hub, HubDocument, Pool, Resource } from "../domain/hub.ts";
import { isStale } from "../domain/hub.ts";
import { timeOfMinute } from "../domain/hub-time.ts";
import { parseHubName } from "../domain/names.ts";
import { minuteOfText, readDate, readInstant, toWireDate } from "./basics.ts";
import { closureKinds, keyOf, poolKinds, resourceKinds } from "./hub-kinds.ts";
import { readTemplate, toWireTemplate } from "./template-document.ts";

const minutesOfDay = 1440;

/** Reads a document whose single fields were validated; what does not fit together is the domain's to find. */
export function readHubDocument(hub: WireHub): HubDocument {
  return {
    name: parseHubName(hub.name, "hub.name"),
    zone: hub.zone,
    country: hub.country,
    worksOnPublicHolidays: hub.worksOnPublicHolidays,
    validUntilAt: readInstant(hub.validUntilTime, "hub.valid_until_time"),
    resources: hub.resources.map(readResource),
    pools: hub.pools.map(readPool),
    exceptionalOpenings: hub.exceptionalOpenings.map(({ resources, date, start, end }, index) => ({
      resources: [...resources],
      onDate: readDate(date, `hub.exceptional_openings[${index}].date`),
      start: minuteOfText(start),
      end: minuteOfText(end),
    })),
    closures: hub.closures.map((closure, index) => ({
      resources: [...closure.resources],
      kind: keyOf(closureKinds, closure.kind),
      reason: closure.reason,
      firstDate: readDate(closure.firstDate, `hub.closures[${index}].first_date`),
      lastDate: readDate(closure.lastDate, `hub.closures[${index}].last_date`),
      start: closure.start === "" ? 0 : minuteOfText(closure.start),
      end: closure.end === "" ? minutesOfDay : minuteOfText(closure.end),
    })),
    templates: hub.templates.map(readTemplate),
    urgentReserves: hub.urgentReserves.map(({ kind, minutesPerWeek, fullDays, openDays }) => {
      return { kind: keyOf(resourceKinds, kind), minutesPerWeek, fullDays, openDays };
    }),
    ...(hub.partyHoldsMax === 0 ? {} : { partyHoldsMax: hub.partyHoldsMax }),
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
    resources: document.resources.map(toWireResource),
    pools: document.pools.map(toWirePool),
    exceptionalOpenings: document.exceptionalOpenings.map(({ resources, onDate, start, end }) => ({
      resources: [...resources],
      date: toWireDate(onDate),
      start: timeOfMinute(start),
      end: timeOfMinute(end),
    })),
    closures: document.closures.map((closure) => ({
      resources: [...closure.resources],
      kind: closureKinds[closure.kind],
      reason: closure.reason,
      firstDate: toWireDate(closure.firstDate),
      lastDate: toWireDate(closure.lastDate),
      start: timeOfMinute(closure.start),
      end: timeOfMinute(closure.end),
    })),
    templates: document.templates.map(toWireTemplate),
    urgentReserves: (document.urgentReserves ?? []).map((reserve) => {
      return { ...reserve, kind: resourceKinds[reserve.kind] };
    }),
    partyHoldsMax: document.partyHoldsMax ?? 0,
  });
}

function readResource({
  id,
  kind,
  mirrorGroup,
  machineCheck,
  ...resource
}: WireResource): Resource {
  return {
    id,
    kind: keyOf(resourceKinds, kind),
    weeklyOpenings: resource.weeklyOpenings.map(({ days, start, end, onlyForCompensation }) => ({
      days: [...days],
      start: minuteOfText(start),
      end: minuteOfText(end),
      onlyForCompensation,
    })),
    ...(mirrorGroup === "" ? {} : { mirrorGroup }),
    ...(machineCheck === undefined
      ? {}
      : {
          machineCheck: {
            start: minuteOfText(machineCheck.start),
            minutes: machineCheck.minutes,
          },
        }),
  };
}

function toWireResource({ id, kind, weeklyOpenings, mirrorGroup, machineCheck }: Resource) {
  return {
    id,
    kind: resourceKinds[kind],
    weeklyOpenings: weeklyOpenings.map(({ days, start, end, onlyForCompensation = false }) => ({
      days: [...days] as Weekday[],
      start: timeOfMinute(start),
      end: timeOfMinute(end),
      onlyForCompensation,
    })),
    mirrorGroup: mirrorGroup ?? "",
    ...(machineCheck === undefined
      ? {}
      : { machineCheck: { ...machineCheck, start: timeOfMinute(machineCheck.start) } }),
  };
}

function readPool(pool: WirePool, at: number): Pool {
  const { id, kind, capacity, serves, changes } = pool;
  const { isotopeOrderDays, emergencyReserve, overflowBoundPpm } = pool;
  return {
    id,
    kind: keyOf(poolKinds, kind),
    capacity,
    serves: [...serves],
    changes: changes.map((change, index) => ({
      firstDate: readDate(change.firstDate, `hub.pools[${at}].changes[${index}].first_date`),
      lastDate: readDate(change.lastDate, `hub.pools[${at}].changes[${index}].last_date`),
      capacity: change.capacity,
      reason: change.reason,
    })),
    ...(isotopeOrderDays === 0 ? {} : { isotopeOrderDays }),
    ...(emergencyReserve === 0 ? {} : { emergencyReserve }),
    ...(overflowBoundPpm === 0 ? {} : { overflowBoundPpm }),
  };
}

function toWirePool({ kind, serves, changes = [], ...pool }: Pool) {
  return {
    ...pool,
    kind: poolKinds[kind],
    serves: [...serves],
    changes: changes.map(({ firstDate, lastDate, ...change }) => ({
      ...change,
      firstDate: toWireDate(firstDate),
      lastDate: toWireDate(lastDate),
    })),
  };
}
