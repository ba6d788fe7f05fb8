import { DomainError } from "@carehub/rules/domain-error";
import type { Uuid } from "@carehub/rules/ids";
import { afterAll, expect, test } from "vitest";
import { aPublishedHub, holdOwn, openTestCapacity, type TestHub } from "../capacity.builder.ts";
import type { CoursePlan } from "../domain/demand.ts";
import {
  aPlan,
  aResource,
  aTemplate,
  monday,
  protonTemplate,
  surgeryTemplate,
} from "../domain/hub.builder.ts";
import { brokenInvariants, countedDeadlocks } from "../storage/invariants.builder.ts";

/*
 * What everybody wants at once, asked for through two processes of the service.
 */
const { deps, db, another, close } = await openTestCapacity();
const processes = [deps, another()];
afterAll(close);

const callers = 1_000;
const answeredWithinMs = 6_000;

/** What one caller was told, and how long that took from the moment at which all of them asked. */
type Told = { readonly held?: Uuid; readonly refusal?: DomainError; readonly failure?: unknown };

async function rush(hub: TestHub, plans: readonly CoursePlan[]) {
  const limitMs = answeredWithinMs * (await slowness());
  const before = performance.now();
  const told = await Promise.all(
    plans.map(async (plan, at): Promise<Told> => {
      const process = processes[at % processes.length] ?? deps;
      try {
        return { held: await holdOwn(process, hub, plan) };
      } catch (failure) {
        return failure instanceof DomainError ? { refusal: failure } : { failure };
      }
    }),
  );
  const tookMs = performance.now() - before;
  return {
    held: told.flatMap(({ held }) => held ?? []),
    refusals: told.flatMap(({ refusal }) => refusal ?? []),
    failures: told.flatMap(({ failure }) => failure ?? []),
    tookMs,
    limitMs,
  };
}

const usualMs = 400;

/** How much slower this machine is just now than a quiet one of two cores: by what 2,000 looks at the clock take. */
async function slowness(): Promise<number> {
  const before = performance.now();
  const lane = async () => {
    for (let look = 0; look < 125; look += 1) await db.run("test-look", "select app.now()");
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return Math.max(1, (performance.now() - before) / usualMs);
}

function many(plan: CoursePlan): CoursePlan[] {
  return Array.from({ length: callers }, () => plan);
}

test("gives a room's hour to one of a thousand, and names it to the others with its time", async () => {
  const hub = await aPublishedHub(deps, {
    resources: [aResource("room-1", "ROOM", { start: 480, end: 540 })],
    pools: [],
    templates: [aTemplate()],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const { held, refusals, failures, tookMs, limitMs } = await rush(hub, many(plan));
  expect(failures).toEqual([]);
  expect(held).toHaveLength(1);
  expect(refusals).toHaveLength(callers - 1);
  expect(new Set(refusals.map(({ reason }) => reason))).toEqual(new Set(["TIME_TAKEN"]));
  expect(await unfounded(refusals)).toEqual([]);
  expect(tookMs).toBeLessThan(limitMs);
  expect(await brokenInvariants(db)).toEqual({});
}, 60_000);

test("gives the hundred beds of a day to a hundred of a thousand, and names the ward to the others", async () => {
  const hub = await aPublishedHub(deps, {
    resources: Array.from({ length: 12 }, (_, at) => aResource(`theatre-${at + 1}`, "THEATRE")),
    pools: [{ id: "ward", kind: "BED", capacity: 100, serves: [] }],
    templates: [
      aTemplate({
        uses: [{ kind: "THEATRE", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: false }],
        stays: [{ id: "ward", pool: "ward", fromDay: 0, days: 1 }],
      }),
    ],
  });
  const plan = { ...aPlan(""), template: hub.template("visit") };
  const { held, refusals, failures, tookMs, limitMs } = await rush(hub, many(plan));
  expect(failures).toEqual([]);
  expect(held).toHaveLength(100);
  expect(refusals).toHaveLength(callers - 100);
  for (const { reason, metadata } of refusals) {
    expect(reason).toBe("POOL_FULL");
    expect(metadata.resource).toBe(`${hub.name}/pools/ward`);
  }
  expect(await unfounded(refusals)).toEqual([]);
  expect(tookMs).toBeLessThan(limitMs);
  expect(await brokenInvariants(db)).toEqual({});
}, 60_000);

test("answers a thousand who want courses that overlap in every way, each with what really is in its way", async () => {
  const templates = [aTemplate(), protonTemplate, surgeryTemplate];
  const hub = await aPublishedHub(deps, { templates });
  const random = makeRandom(20_261_122);
  const plans = Array.from({ length: callers }, (): CoursePlan => {
    const readyDate = monday.add({ days: random(10) });
    const id = templates[random(templates.length)]?.id ?? "";
    const phases = id === "surgery" ? [] : [{ phase: "main", sessionCount: 1 + random(8) }];
    const dates = { readyDate, dueDate: readyDate.add({ days: random(4) }) };
    const plan = aPlan("", { phases, underAnaesthesia: random(2) === 0, ...dates });
    return { ...plan, template: hub.template(id) };
  });
  const { held, refusals, failures } = await rush(hub, plans);
  expect(failures).toEqual([]);
  expect(held.length).toBeGreaterThan(20);
  expect(held.length + refusals.length).toBe(callers);
  expect(await unfounded(refusals)).toEqual([]);
  expect(await brokenInvariants(db)).toEqual({});
  expect(await countedDeadlocks(db)).toBe(0);
}, 120_000);

/** The refusals that name nothing that the database has in the way: a row of that time, or a pool without a place. */
async function unfounded(refusals: readonly DomainError[]): Promise<unknown[]> {
  const named = refusals.map(({ reason, metadata }) => ({ reason, ...metadata }));
  const different = new Map(named.map((each) => [JSON.stringify(each), each]));
  const rows = await db.run<{ named: string }>("test-unfounded", unfoundedSql, [
    [...different.keys()],
  ]);
  return rows.map(({ named: text }) => different.get(text));
}

// A gap that is too long has no row: it is the rule that is in the way, between sessions that have no time.
const unfoundedSql = `
  select named from unnest($1::text[]) as named cross join lateral (
    select named::jsonb->>'reason' as reason, named::jsonb->>'kind' as kind,
      named::jsonb->>'resource' as resource,
      (named::jsonb->>'start_time')::timestamptz as start_at,
      (named::jsonb->>'end_time')::timestamptz as end_at) as facts
  where not coalesce(case
    when kind in ('HOLD', 'BOOKING') then exists (
      select from reservation where reservation.resource = facts.resource
        and during && tstzrange(start_at, end_at))
    when kind = 'POOL_FULL' and resource like '%/pools/beam' then exists (
      select from pool_bucket where pool = facts.resource and planned > 0
        and bucket = extract(epoch from start_at) / 1800)
    when kind = 'POOL_FULL' then exists (
      select from pool_bucket where pool = facts.resource and planned = capacity
        and bucket = (start_at at time zone 'Asia/Almaty')::date - date '1970-01-01')
    when kind = 'NO_OPENING' then extract(isodow from start_at at time zone 'Asia/Almaty') > 5
      or extract(hour from end_at at time zone 'Asia/Almaty') not between 8 and 17
    else kind = 'GAP_RULE' and reason = 'GAP_TOO_LONG'
  end, false)`;

/** Whole numbers below a bound, the same for the same seed. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
