/*
 * A hub's waiting list: courses in state WAITLISTED in the order of their index, and one due row of the hub that says
 * when they are to be tried.
 *
 * Guarantee: whoever frees capacity makes the list due in the same commit, unless nobody waits. So that nobody who is
 * just beginning to wait is missed, beginners lock the list alone and the others share it; it is always the last lock
 * but that of the due row. Every mark moves the due row's time, by a microsecond at least, so a pass over the list
 * sees by the time that something came free meanwhile.
 */
import type { Run } from "@carehub/database/pool";
import type { Due } from "@carehub/database/source";
import type { StoredCourse } from "../domain/course.ts";
import { type CourseRow, courseColumns, placeOf, toStoredCourse } from "./course-store.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** The kind of the due row that a waiting list has, under its hub's name. */
export const waitingListKind = "waiting-list";

/** Makes the list due where somebody waits in it; for every commit that frees something of the hub. */
export async function markWaitingList(tx: Reader, hub: string): Promise<void> {
  await tx.run("waiting-share", "select pg_advisory_xact_lock_shared($1::bigint)", [listKey(hub)]);
  await tx.run(
    "waiting-mark",
    `${markSql} where exists (select from course where hub = $1 and state = 'WAITLISTED')
     ${markedSql}`,
    [hub, waitingListKind],
  );
}

/** Makes the list due for a course that is about to wait in it: something may have come free since it was planned. */
export async function enterWaitingList(tx: Reader, hub: string): Promise<void> {
  await tx.run("waiting-enter", "select pg_advisory_xact_lock($1::bigint)", [listKey(hub)]);
  await tx.run("waiting-mark-entered", `${markSql} where true ${markedSql}`, [
    hub,
    waitingListKind,
  ]);
}

/** The list's due row, where its time has come. */
export async function readDueList(db: Reader, hub: string): Promise<Due | undefined> {
  const [row] = await db.run<Due>(
    "waiting-due",
    `select aggregate, kind, due_at as "dueAt" from log.due
     where aggregate = $1 and kind = $2 and due_at <= app.now()`,
    [hub, waitingListKind],
  );
  return row;
}

/** The courses that wait, after that one, in their order. */
export async function readWaiting(
  db: Reader,
  hub: string,
  { after, limit }: { readonly after: StoredCourse | undefined; readonly limit: number },
): Promise<StoredCourse[]> {
  const { sinceAt, rank } =
    after === undefined ? { sinceAt: null, rank: 0 } : placeOf(after.course);
  const rows = await db.run<CourseRow>(
    "waiting-page",
    `select ${courseColumns} from course where hub = $1 and state = 'WAITLISTED'
       and (waiting_rank, waiting_since_at, id) > ($2::integer,
         coalesce($3::timestamptz, '-infinity'),
         coalesce($4::uuid, '00000000-0000-0000-0000-000000000000'))
     order by waiting_rank, waiting_since_at, id limit $5`,
    [hub, rank, sinceAt, after?.course.id ?? null, limit],
  );
  return rows.map(toStoredCourse);
}

/**
 * Puts the list to rest after a pass that ended with that due row: until the first hold of the hub that could not be
 * taken when the pass began may be, or that time at the latest; for good where nobody waits. A list that was marked
 * meanwhile stays due.
 */
export async function restWaitingList(
  db: Reader,
  due: Due,
  until: { readonly begunAt: Temporal.Instant; readonly latest: Temporal.Instant },
): Promise<void> {
  const { aggregate, kind, dueAt } = due;
  await db.run("waiting-rest", restSql, [aggregate, kind, dueAt, until.latest, until.begunAt]);
}

function listKey(hub: string): bigint {
  return lockKeyOf(`${hub}/waiting-list`);
}

const markSql = `
  insert into log.due as due (aggregate, kind, due_at)
  select $1, $2, app.now()`;

// A time to come is brought forward; one that has come is moved on, so that a pass under way notices.
const markedSql = `
  on conflict (aggregate, kind) do update set due_at = case
    when due.due_at > excluded.due_at + interval '1 second' then excluded.due_at
    else greatest(excluded.due_at, due.due_at + interval '1 microsecond') end`;

const restSql = `
  with list as (
    select exists (select from course where hub = $1 and state = 'WAITLISTED') as waited,
      least($4::timestamptz, (select min(release_at) from course
        where hub = $1 and state = 'HELD' and release_at > $5::timestamptz)) as next),
  gone as (
    delete from log.due using list where not waited
      and aggregate = $1 and kind = $2 and due_at = $3::timestamptz returning 1),
  moved as (
    update log.due set due_at = next from list where waited
      and aggregate = $1 and kind = $2 and due_at = $3::timestamptz returning 1)
  select 1 from gone union all select 1 from moved`;
