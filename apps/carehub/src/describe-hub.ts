import {
  ClosureKindSchema,
  type Hub,
  Hub_StateSchema,
  PoolKindSchema,
  ResourceKindSchema,
  WeekdaySchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { nameOf } from "./describe.ts";
import { facts, showDate, showTime, table } from "./output.ts";

/** What a hub has published, in one of its versions. */
export function describeHub(hub: Hub): string {
  const head = facts([
    ["hub", hub.name],
    ["version", hub.version],
    ["state", nameOf(Hub_StateSchema, hub.state)],
    ["times", hub.zone],
    ["published", showTime(hub.updateTime)],
    ["valid until", showTime(hub.validUntilTime)],
    ["etag", hub.etag],
  ]);
  const resources = hub.resources.map(({ id, kind, weeklyOpenings }) => [
    id,
    nameOf(ResourceKindSchema, kind),
    weeklyOpenings.map(({ days, start, end }) => `${daysOf(days)} ${start}-${end}`).join("\n"),
  ]);
  const pools = hub.pools.map(({ id, kind, capacity }) => [
    id,
    nameOf(PoolKindSchema, kind),
    capacity,
  ]);
  const templates = hub.templates.map(({ id, version, programme, phases }) => [
    id,
    version,
    programme,
    phases.map((phase) => `${phase.sessionCount} ${phase.id}`).join(", "),
  ]);
  const dates = [
    ...hub.exceptionalOpenings.map(({ resources: ids, date, start, end }) => [
      "open too",
      placesOf(ids),
      showDate(date),
      `${start}-${end}`,
      "",
    ]),
    ...hub.closures.map((closure) => [
      nameOf(ClosureKindSchema, closure.kind),
      placesOf(closure.resources),
      `${showDate(closure.firstDate)} to ${showDate(closure.lastDate)}`,
      closure.start === "" && closure.end === "" ? "" : `${closure.start}-${closure.end}`,
      closure.reason,
    ]),
  ];
  return [
    head,
    ...tableOf(["resource", "kind", "open"], resources),
    ...tableOf(["pool", "kind", "places"], pools),
    ...tableOf(["template", "version", "programme", "sessions"], templates),
    ...tableOf(["what", "where", "when", "at", "why"], dates),
  ].join("\n");
}

function tableOf(head: readonly string[], rows: readonly (readonly unknown[])[]): string[] {
  return rows.length === 0 ? [] : [table(head, rows)];
}

function daysOf(days: readonly number[]): string {
  return days.map((day) => nameOf(WeekdaySchema, day).slice(0, 3)).join(" ");
}

function placesOf(ids: readonly string[]): string {
  return ids.length === 0 ? "all" : ids.join(", ");
}
