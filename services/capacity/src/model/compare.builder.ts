/** What of the tables does not agree with the model, in words. */
import { closureSpans } from "../domain/stranded.ts";
import { brokenInvariants } from "../storage/invariants.builder.ts";
import type { ModelCourse } from "./course-model.builder.ts";
import { hubNow, minuteNow, type World } from "./hub-world.builder.ts";

type Row = {
  readonly resource: string;
  readonly start: number;
  readonly end: number;
  readonly course: string | null;
  readonly number: number | null;
};

/** All that is not as the model has it, and all that breaks a rule whatever the model says. */
export async function disagreements(world: World): Promise<string[]> {
  const { db } = world.capacity;
  const rows = await db.run<Row>(
    "model-rows",
    `select resource, (extract(epoch from lower(during)) / 60)::integer as start,
       (extract(epoch from upper(during)) / 60)::integer as "end", course, session_number as number
     from reservation where hub = $1 order by resource, lower(during)`,
    [world.hub.name],
  );
  const broken = Object.entries(await brokenInvariants(db)).flatMap(([rule, found]) =>
    found.map((each) => `${rule}: ${JSON.stringify(each)}`),
  );
  return [
    ...overlaps(rows),
    ...(await coursesUnlike(world)),
    ...rowsUnlike(world.courses, rows),
    ...(await bedsUnlike(world)),
    ...(await openThoughClosed(world, rows)),
    ...broken,
  ];
}

function overlaps(rows: readonly Row[]): string[] {
  return rows.flatMap((row, index) => {
    const next = rows[index + 1];
    const isOver = next?.resource !== row.resource || row.end <= next.start;
    return isOver ? [] : [`two at a time: ${textOf(row)} and ${textOf(next)}`];
  });
}

async function coursesUnlike({ capacity: { db }, hub, courses }: World): Promise<string[]> {
  const rows = await db.run<{ id: string; state: string; revision: number }>(
    "model-courses",
    "select id, state, revision from course where hub = $1 or hub = ''",
    [hub.name],
  );
  const known = new Map(rows.map((row) => [row.id, `${row.state} at ${row.revision}`]));
  return courses.flatMap(({ id, state, revision }) => {
    const said = known.get(id) ?? "NONE at 0";
    return said === `${state} at ${revision}`
      ? []
      : [`course ${id} is ${said}, not ${state} at ${revision}`];
  });
}

function rowsUnlike(courses: readonly ModelCourse[], rows: readonly Row[]): string[] {
  const kept = rows.filter(({ course }) => course !== null).map(textOf);
  const told = courses.flatMap(({ id, rows: ofCourse }) =>
    [...ofCourse].flatMap(([number, uses]) =>
      uses.map((use) => textOf({ ...use, course: id, number })),
    ),
  );
  const [isKept, isTold] = [new Set(kept), new Set(told)];
  return [
    ...told.filter((row) => !isKept.has(row)).map((row) => `told but not kept: ${row}`),
    ...kept.filter((row) => !isTold.has(row)).map((row) => `kept but not told: ${row}`),
  ];
}

async function bedsUnlike({ capacity: { db }, hub, courses }: World): Promise<string[]> {
  const rows = await db.run<{ course: string; bed: string }>(
    "model-beds",
    `select course, pool || ' ' || bucket as bed from pool_use
     where hub = $1 and pool not like '%/beam' order by pool, bucket`,
    [hub.name],
  );
  return courses.flatMap(({ id, beds }) => {
    if (beds === undefined) return [];
    const kept = rows.filter(({ course }) => course === id).map(({ bed }) => bed);
    const said = beds.toSorted().join();
    return kept.toSorted().join() === said ? [] : [`${id} keeps beds ${kept.join()}, not ${said}`];
  });
}

// What its document closes is nobody's to take: it is closed, or it is still of who was there before.
async function openThoughClosed(world: World, rows: readonly Row[]): Promise<string[]> {
  const { document, time } = await hubNow(world);
  const minute = await minuteNow(world);
  return closureSpans(document, time).flatMap(({ resource, start, end }) => {
    let from = Math.max(start, minute + 1);
    for (const row of rows.filter((each) => each.resource === resource)) {
      if (row.start > from) break;
      from = Math.max(from, row.end);
    }
    return from >= end
      ? []
      : [`${resource} is closed from ${start} to ${end}, but free at ${from}`];
  });
}

function textOf({ resource, start, end, course, number }: Row): string {
  return `${resource} ${start}-${end} of ${course} number ${number}`;
}
