import { openDatabase } from "@carehub/database/pool";
import pg from "pg";
import { sessions } from "./capacity-hubs.ts";

/** Books every hold: a hub may have only so many, and holds of earlier runs are none of this one's. */
export async function bookAll(databaseUrl: string): Promise<void> {
  await runSql(databaseUrl, [
    "update course set state = 'BOOKED', release_at = null where state = 'HELD'",
    "vacuum analyze course",
  ]);
}

/** Runs statements one after the other on a connection of their own. */
export async function runSql(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}

/**
 * Fails where not every course made from that number on kept as many rows as it should: a statement that finds its time
 * taken is a faster one.
 */
export async function assertKept(
  databaseUrl: string,
  from: number,
  rowsEach: number,
): Promise<void> {
  const db = openDatabase({ url: databaseUrl, applicationName: "bench-setup" });
  try {
    const [row] = await db.run<{ courses: string; kept: string }>("bench-kept", keptSql, [from]);
    const courses = Number(row?.courses ?? 0);
    if (courses === 0 || Number(row?.kept) !== courses * rowsEach) {
      throw new Error(`${courses} courses kept ${row?.kept} rows, ${rowsEach} each were to be`);
    }
  } finally {
    await db.close();
  }
}

const idOf = (number: string) => `lpad(to_hex(${number}), 32, '0')::uuid`;
const keptSql = `
  select (select count(*) from course where id between ${idOf("$1::bigint")}
      and ${idOf("$1::bigint + 100000000")}) as courses,
    (select count(*) from reservation where course between ${idOf("$1::bigint")}
      and ${idOf("$1::bigint + 100000000")}) as kept`;

// The key is set aside while a million rows that cannot overlap come in, and built anew by VACUUM FULL: checked one by
// one they would take minutes.
const keySql = (isReady: boolean) => `update pg_index set indisready = ${isReady},
  indisvalid = ${isReady} where indexrelid = 'reservation_pkey'::regclass`;

// Courses of thirty sessions, whose numbers no run reaches.
const takenSql = [
  `begin`,
  keySql(false),
  `create temporary table taken as
    select day * 4000 + slot * 400 + room as number, room, day, slot
    from generate_series(0, ${sessions.hubs * sessions.rooms - 1}) as room,
      generate_series(0, ${sessions.days - 1}) as day,
      generate_series(0, ${sessions.freeSlots - 1}) as slot`,
  `insert into reservation (resource, during, hub, lock_key, kind, course, session_number)
    select hub || '/resources/room-' || room % ${sessions.rooms} + ${sessions.firstRoom},
      tstzrange(at, at + interval '30 minutes'), hub, room, 'SESSION',
      ${idOf("1099511627776 + number / 30")}, number % 30 + 1
    from taken,
      lateral (select 'hubs/bench-' || room / ${sessions.rooms} + ${sessions.firstHub} as hub,
        timestamptz '2026-01-12 03:30:00Z' + day * interval '1 day' + slot * interval '1 hour' as at)
    order by 1, 2`,
  `insert into course (id, hub, lock_key, revision, state, round, closed, facts, created_at, updated_at)
    select distinct on (number / 30) ${idOf("1099511627776 + number / 30")},
      'hubs/bench-' || room / ${sessions.rooms} + ${sessions.firstHub}, number, 2, 'BOOKED', 0, false,
      '{"recorded":[]}'::jsonb, app.now(), app.now()
    from taken order by number / 30`,
  `drop table taken`,
  keySql(true),
  `commit`,
  `vacuum full reservation`,
];

/** Takes every second half hour of all rooms: a million rows. Answers how many. */
export async function takeHalf(databaseUrl: string): Promise<number> {
  await runSql(databaseUrl, [...takenSql, "vacuum analyze"]);
  return sessions.hubs * sessions.rooms * sessions.days * sessions.freeSlots;
}

/** Makes a copy of a database that nobody is connected to; answers its address. */
export async function copyDatabase(url: string, name: string): Promise<string> {
  const address = new URL(url);
  const source = address.pathname.slice(1);
  address.pathname = "/postgres";
  await runSql(address.href, [
    `drop database if exists ${name}`,
    `create database ${name} template ${source} strategy file_copy`,
    "checkpoint",
  ]);
  address.pathname = `/${name}`;
  return address.href;
}
