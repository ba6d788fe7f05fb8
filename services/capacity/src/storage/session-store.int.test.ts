import { afterAll, expect, test } from "vitest";
import { listSessions } from "../app/session-list.ts";
import { aPublishedHub, openTestCapacity } from "../capacity.builder.ts";
import { monday } from "../domain/hub.builder.ts";

// One connection, so that its prepared statement can be explained.
const { deps, db, close } = await openTestCapacity({ poolSizeMax: 1 });
afterAll(close);

const coursesSql = `
  insert into course (id, hub, lock_key, revision, state, round, closed, facts, created_at, updated_at)
  select gen_random_uuid(), $1, 0, 1, 'BOOKED', 0, false,
    jsonb_build_object('recorded', '[]'::jsonb, 'hold', jsonb_build_object('underAnaesthesia', false,
      'sessions', jsonb_build_array(jsonb_build_object('number', 1, 'phase', 'main')))),
    app.now(), app.now()
  from generate_series(1, 6000)`;

// Three years of two rooms, an hour each.
const sessionsSql = `
  insert into reservation (resource, during, hub, lock_key, kind, course, session_number)
  select $1 || '/resources/room-' || (1 + at % 2), tstzrange(start, start + interval '1 hour'), $1, 0,
    'SESSION', id, 1
  from (select id, row_number() over (order by id) as at from course where hub = $1) as course
  cross join lateral (select '2025-01-01T00:00:00Z'::timestamptz + (at / 12) * interval '1 day'
    + (at % 12) * interval '1 hour' as start) as time`;

const missedSql = `
  insert into missed_session (course, session_number, start_at, hub, lock_key)
  select gen_random_uuid(), 1, '2025-01-01T00:00:00Z'::timestamptz + at * interval '3 hours', $1, 0
  from generate_series(1, 6000) as at`;

type Node = {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows"?: number;
  readonly "Actual Loops"?: number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly Node[];
};

function nodesOf(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

// A part of an index that is walked to its end counts as much as a table read whole.
function rowsRead(node: Node): number {
  const { "Actual Rows": kept = 0, "Actual Loops": loops = 1 } = node;
  const { "Rows Removed by Filter": left = 0, "Rows Removed by Index Recheck": wrong = 0 } = node;
  return loops * (kept + left + wrong);
}

test("finds a day by indexes alone, however many courses the hub has", async () => {
  const hub = await aPublishedHub(deps);
  for (const [name, sql] of Object.entries({ coursesSql, sessionsSql, missedSql })) {
    await db.run(`test-${name}`, sql, [hub.name]);
  }
  await db.run("test-analyze", "analyze course, reservation, missed_session");
  const asked = { hub: hub.name, date: monday, size: 50, after: undefined };
  const { items } = await listSessions(deps, hub.caller, asked);
  expect(items).toHaveLength(12);
  const [row] = await db.run<{ "QUERY PLAN": readonly { readonly Plan: Node }[] }>(
    "test-explain",
    `explain (analyze, format json) execute "session-day" ('${hub.name}', '2026-02-01T19:00:00Z',
      '2026-02-02T19:00:00Z', null, null, null, 51)`,
  );
  const plan = row?.["QUERY PLAN"][0]?.Plan;
  if (plan === undefined) throw new Error("the statement has a plan");
  const reads = nodesOf(plan).filter((node) => node["Relation Name"] !== undefined);
  const whole = reads.filter((node) => node["Node Type"] === "Seq Scan");
  const large = ["course", "reservation", "missed_session"];
  expect(whole.filter((node) => large.includes(node["Relation Name"] ?? ""))).toEqual([]);
  for (const name of large) {
    const ofTable = reads.filter((node) => node["Relation Name"] === name);
    const rows = ofTable.reduce((sum, node) => sum + rowsRead(node), 0);
    expect([name, rows < 100]).toEqual([name, true]);
  }
  const kinds = new Set(reads.map((node) => node["Relation Name"]));
  expect(large.every((name) => kinds.has(name))).toBe(true);
});
