import { create } from "@bufbuild/protobuf";
import {
  type Override,
  OverrideSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import type { Database } from "@carehub/database/pool";
import {
  type Certified,
  checkCourse,
  checkTogether,
  type Violation,
} from "@carehub/verify-course/check";
import type { HubDocument } from "../domain/hub.ts";
import { readFacts } from "../storage/facts.ts";
import { readOverride } from "../storage/override-store.ts";
import { toWireHub } from "./hub-document.ts";
import { toWireOverride } from "./override-parts.ts";

type Row = {
  readonly id: string;
  readonly state: string;
  readonly document: string;
  readonly hash: string;
  readonly missed: readonly number[];
  readonly override: string | null;
  readonly hub: string;
  readonly version: number;
  readonly published: string;
  readonly at: Temporal.Instant;
};

const live = ["HELD", "BOOKED", "IN_TREATMENT"];

/**
 * What the program that ministries check certificates with finds wrong with the courses of a database: each against the
 * published version that it names, and those that are to take place together.
 */
export async function rejectedCourses(db: Database): Promise<readonly string[]> {
  const rows = await db.run<Row>("test-certificates", certificatesSql);
  const overrides = new Map<string, Override>();
  for (const name of new Set(rows.flatMap(({ override }) => override ?? []))) {
    const stored = await readOverride(db, name);
    if (stored === undefined) continue;
    const shown = toWireOverride(stored, { now: stored.updatedAt, withPersons: true });
    overrides.set(name, create(OverrideSchema, shown));
  }
  const certified = rows.map((row): Row & { certified: Certified } => {
    const document = readFacts<HubDocument>(row.published);
    const hub = { document, version: row.version, createdAt: row.at, updatedAt: row.at };
    const { document: text, missed, at } = row;
    const override = overrides.get(row.override ?? "");
    return { ...row, certified: { text, hub: toWireHub(hub, at), missed, override } };
  });
  const single = certified.flatMap(({ id, hash, certified: { text, hub, override } }) =>
    checkCourse(text, hash, hub, override).map((violation) => `${id} ${describe(violation)}`),
  );
  const toCome = certified.filter(({ state }) => live.includes(state));
  const together = checkTogether(toCome.map((each) => each.certified));
  return [...single, ...together.map(describe)];
}

function describe({ rule, where, found }: Violation): string {
  return `${rule} ${where}: ${found}`;
}

const certificatesSql = `select course.id, state, facts->'hold'->>'override' as override, certificate->>'document' as document, certificate->>'hash' as hash,
    array(select (number #>> '{}')::integer from jsonb_path_query(facts, '$.missed[*].number') as number
      union all select (number #>> '{}')::integer
      from jsonb_path_query(facts, '$.inError[*].was ? (@.kind == "missed").record.number') as number) as missed,
    kept.name as hub, kept.version, kept.document::text as published, kept.published_at as at
  from course, jsonb_path_query(facts, '$.hold.certificate') as certificate,
    lateral (select (certificate->>'document')::jsonb as text) as named
    join hub_version as kept on kept.name = named.text->>'hub'
      and kept.version = (named.text->>'capacity_version')::integer
  order by course.id`;
