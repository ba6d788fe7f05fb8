import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  type Override,
  OverrideSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import type { Evidence } from "./evidence.ts";

type Consent = { readonly actor: string; readonly role: string; readonly givenAt: string };

type Row = {
  readonly name: string;
  readonly hub: string;
  readonly state: string;
  readonly course: string | null;
  readonly used: string | null;
  readonly facts: {
    readonly opens: { readonly kind: string } & Readonly<
      Record<string, string | number | string[]>
    >;
    readonly proposal: Consent;
    readonly approval?: Consent;
  };
};

/** Every override as the API shows it to its hub, by name, from the rows in which they are kept. */
export async function readOverrides({ query }: Evidence): Promise<ReadonlyMap<string, Override>> {
  const rows = await query<Row>(
    "capacity",
    `select name, hub, state, course, facts,
       to_char(used_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as used from override`,
  );
  return new Map(rows.map((row) => [row.name, fromJson(OverrideSchema, shown(row))]));
}

function shown({ name, hub, state, course, used, facts }: Row): JsonObject {
  const { approval, proposal } = facts;
  return {
    ...{ name, state: `STATE_${state}`, course: course === null ? "" : `courses/${course}` },
    ...opensOf(hub, facts),
    proposal: consentOf(proposal),
    ...(approval && { approval: consentOf(approval) }),
    ...(used !== null && { useTime: used }),
  };
}

function opensOf(hub: string, { opens }: Row["facts"]): JsonObject {
  const { kind, pool, resources, ...rest } = opens;
  if (kind === "OVERBOOKING") {
    const dates = { firstDate: dateOf(rest.firstDate), lastDate: dateOf(rest.lastDate) };
    return { overbooking: { pool: `${hub}/pools/${pool}`, ...dates, count: rest.count ?? 0 } };
  }
  const names = [resources ?? []].flat().map((id) => `${hub}/resources/${id}`);
  const times = { startTime: String(rest.startAt), endTime: String(rest.endAt) };
  return { outsideHours: { resources: names, ...times } };
}

function consentOf({ actor, role, givenAt }: Consent): JsonObject {
  return { actor, role, consentTime: givenAt };
}

function dateOf(text: unknown): JsonObject {
  const { year, month, day } = Temporal.PlainDate.from(String(text));
  return { year, month, day };
}
