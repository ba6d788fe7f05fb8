import { fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Hub, HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type { Evidence } from "./evidence.ts";

type Row = {
  readonly name: string;
  readonly version: number;
  readonly document: Kept;
  readonly published: string;
};

/** An object as it is kept; its shape is the service's. */
type Kept = { readonly [key: string]: JsonValue };

const minutesOfHour = 60;

/** Every published version of every hub's document as the API shows it, from the rows in which they are kept. */
export async function readHubVersions({ query }: Evidence): Promise<Hub[]> {
  const rows = await query<Row>(
    "capacity",
    `select name, version, document, to_char(published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
       as published from hub_version order by name, version`,
  );
  return rows.map(({ document: { validUntilAt = "", ...document }, version, published }) => {
    const { resources, pools, exceptionalOpenings, closures, templates, urgentReserves } = document;
    return fromJson(HubSchema, {
      ...document,
      version,
      updateTime: published,
      validUntilTime: validUntilAt,
      resources: listOf(resources).map((each) => ofKind("RESOURCE", each)),
      pools: listOf(pools).map((each) => ofKind("POOL", each)),
      exceptionalOpenings: listOf(exceptionalOpenings).map(({ onDate = "", ...each }) => {
        return { ...shown(each), date: dateOf(onDate) };
      }),
      closures: listOf(closures).map((each) => ofKind("CLOSURE", each)),
      templates: listOf(templates).map(toTemplate),
      urgentReserves: listOf(urgentReserves).map((each) => ofKind("RESOURCE", each)),
    });
  });
}

function toTemplate({ uses, beam, sites, ...template }: Kept): JsonObject {
  const { rules, phases, preparation, services, ...rest } = template;
  const { compensations = [], ...ofSessions } = rules as Kept;
  return {
    ...rest,
    session: { ...toShape({ uses: uses ?? [], ...(beam && { beam }) }), sites: sites ?? [] },
    rules: { ...shown(ofSessions), compensations: prefixed("COMPENSATION_RULE", compensations) },
    phases: listOf(phases).map(({ session, firstSession, ...phase }) => ({
      ...phase,
      ...(session && { session: toShape(session as Kept) }),
      ...(firstSession && { firstSession: toShape(firstSession as Kept) }),
    })),
    preparation: listOf(preparation).map((step) => ({ ...step, ...toShape(step) })),
    services: listOf(services).map((each) => ({ ...each, basis: `SERVICE_BASIS_${each.basis}` })),
  };
}

function toShape({ uses, ...shape }: Kept): JsonObject {
  return { ...shape, uses: listOf(uses).map((each) => ofKind("RESOURCE", each)) };
}

function ofKind(what: string, part: Kept): JsonObject {
  return { ...shown(part), kind: `${what}_KIND_${part.kind}` };
}

// Times of day are kept as minutes, dates as texts: by their names, at any depth.
function shown(part: Kept): JsonObject {
  const entries = Object.entries(part).map(([key, value]): [string, JsonValue] => {
    if ((key === "start" || key === "end") && typeof value === "number")
      return [key, timeOf(value)];
    if (key.endsWith("Date")) return [key, dateOf(value)];
    if (Array.isArray(value))
      return [key, value.map((each) => (isKept(each) ? shown(each) : each))];
    return [key, isKept(value) ? shown(value) : value];
  });
  return Object.fromEntries(entries);
}

function isKept(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listOf(value: JsonValue | undefined): readonly Kept[] {
  return Array.isArray(value) ? (value as Kept[]) : [];
}

function prefixed(prefix: string, names: JsonValue): string[] {
  return (names as string[]).map((name) => `${prefix}_${name}`);
}

function dateOf(text: JsonValue): JsonObject {
  const { year, month, day } = Temporal.PlainDate.from(String(text));
  return { year, month, day };
}

function timeOf(minuteOfDay: number): string {
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${pad(Math.floor(minuteOfDay / minutesOfHour))}:${pad(minuteOfDay % minutesOfHour)}`;
}
