import type { Hub } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { checkCourse, checkTogether } from "@carehub/verify-course/check";
import type { Evidence } from "./evidence.ts";
import { readHubVersions } from "./hub-versions.ts";
import type { Check } from "./invariant.ts";
import { openCheck } from "./open-check.ts";
import { readOverrides } from "./overrides.ts";

type CourseRow = {
  readonly id: string;
  readonly state: string;
  readonly document: string;
  readonly hash: string;
  readonly missed: readonly number[];
  readonly named: {
    readonly course?: unknown;
    readonly hub?: unknown;
    readonly capacity_version?: unknown;
    readonly override?: { readonly name?: string };
  };
};

const live = ["HELD", "BOOKED", "IN_TREATMENT"];

/**
 * I1c: every course that was ever held can be treated as its certificate says, by the program that ministries check
 * certificates with, against the published version that it names; and those to come are not in each other's way.
 */
export async function checkCertificates(evidence: Evidence): Promise<Check[]> {
  const versions = await readHubVersions(evidence);
  const overrides = await readOverrides(evidence);
  const rows = await evidence.query<CourseRow>("capacity", certificatesSql);
  const courses = rows.map((row) => ({ ...row, hub: namedBy(row, versions) }));
  const single = openCheck("a course's certificate is accepted against the version that it names");
  const together = openCheck("the certificates of courses to come are not in each other's way");
  const place = { database: "capacity", table: "course" } as const;
  for (const { id, document, hash, hub, named } of courses) {
    single.look();
    together.look();
    if (named.course !== `courses/${id}`) {
      single.add({ ...place, row: id, found: `COURSE: its certificate is of ${named.course}` });
    }
    if (hub === undefined) {
      const found = `VERSION: ${named.hub} has no version ${named.capacity_version}`;
      single.add({ ...place, row: id, found });
      continue;
    }
    const found = checkCourse(document, hash, hub, overrides.get(named.override?.name ?? ""));
    for (const { rule, where, found: what } of found) {
      single.add({ ...place, row: `${id} ${where}`, found: `${rule}: ${what}` });
    }
  }
  const toCome = courses.flatMap(({ state, document, hub, missed, named }) => {
    if (!live.includes(state) || hub === undefined) return [];
    const override = overrides.get(named.override?.name ?? "");
    return [{ text: document, hub, missed, override }];
  });
  for (const { rule, where, found } of checkTogether(toCome, versions)) {
    together.add({ ...place, row: where, found: `${rule}: ${found}` });
  }
  return [single.close(), together.close()];
}

function namedBy({ named }: CourseRow, versions: readonly Hub[]): Hub | undefined {
  return versions.find(
    ({ name, version }) => name === named.hub && version === named.capacity_version,
  );
}

const certificatesSql = `select id, state, certificate->>'document' as document, certificate->>'hash' as hash,
    (certificate->>'document')::jsonb as named,
    array(select (number #>> '{}')::integer from jsonb_path_query(facts, '$.missed[*].number') as number
      union all select (number #>> '{}')::integer
      from jsonb_path_query(facts, '$.inError[*].was ? (@.kind == "missed").record.number') as number) as missed
  from course, jsonb_path_query(facts, '$.hold.certificate') as certificate order by id`;
