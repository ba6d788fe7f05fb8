import pg from "pg";
import { type SearchedHub, type SearchWish, searched } from "../workloads/search-hubs.ts";

/*
 * The same search as one query on a table of free half hours. It takes the earliest next session each time and tells the
 * first session alone, which is less than a search has to do.
 */

/** The first session of a course: day and slot, then hub and room, in the order of the answers. */
export type SlotAnswer = readonly [day: number, slot: number, hub: number, room: number];

/** The table in a database, and the query on it. */
export type Slots = {
  readonly find: (wish: SearchWish, limit: number) => Promise<SlotAnswer[]>;
  readonly close: () => Promise<void>;
};

const kinds = { room: 1, team: 2, bay: 3 } as const;

const isUsable = (slot: string) => `
  exists (select from free_slot as team where team.hub = ${slot}.hub and team.kind = 2
    and team.day = ${slot}.day and team.slot = ${slot}.slot)
  and exists (select from free_slot as bay where bay.hub = ${slot}.hub and bay.kind = 3
    and bay.day = ${slot}.day and bay.slot = ${slot}.slot + 1)
  and exists (select from beam_left as beam where beam.hub = ${slot}.hub and beam.day = ${slot}.day
    and beam.slot = ${slot}.slot and beam.minutes >= ${searched.sessionBeamMinutes})`;

const findSql = `
  with recursive course as (
    select room.hub, (room.resource - 1) / 2 as pair, room.resource, room.day as first_day,
      room.slot as first_slot, room.day, room.slot, 1 as sessions
    from free_slot as room
    where room.kind = 1 and room.day between $1 and $2 and ${isUsable("room")}
    union all
    select course.hub, course.pair, course.resource, course.first_day, course.first_slot,
      next.day, next.slot, course.sessions + 1
    from course cross join lateral (
      select room.day, room.slot from free_slot as room
      where room.hub = course.hub and room.kind = 1 and room.day > course.day and room.day <= course.day + 4
        and room.resource between course.pair * 2 + 1 and course.pair * 2 + 2
        and room.slot between course.first_slot - 2 and course.first_slot + 2
        and (room.day - course.day) * 48 + room.slot - course.slot between 1 + 24 and 1 + 192
        and ${isUsable("room")}
      order by room.day, room.slot limit 1) as next
    where course.sessions < $3)
  select first_day, first_slot, hub, resource from course where sessions = $3
  order by first_day, first_slot, hub, resource limit $4`;

/** Fills the table with what is free of these hubs. */
export async function openSlots(databaseUrl: string, hubs: readonly SearchedHub[]): Promise<Slots> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`
    create table free_slot (hub smallint, kind smallint, resource smallint, day smallint, slot smallint,
      primary key (hub, kind, day, slot, resource));
    create table beam_left (hub smallint, day smallint, slot smallint, minutes smallint,
      primary key (hub, day, slot))`);
  for (const [hub, { taken }] of hubs.entries()) await fill(client, hub, taken);
  await client.query("create index free_slot_by_day on free_slot (kind, day, slot)");
  await client.query("vacuum analyze");
  type Row = { first_day: number; first_slot: number; hub: number; resource: number };
  return {
    find: async ({ sessions, readyDay, dueDay }, limit) => {
      const values = [readyDay, dueDay, sessions, limit];
      const { rows } = await client.query<Row>({ name: "find", text: findSql, values });
      return rows.map((row) => [row.first_day, row.first_slot, row.hub, row.resource]);
    },
    close: () => client.end(),
  };
}

async function fill(client: pg.Client, hub: number, taken: SearchedHub["taken"]): Promise<void> {
  const busy = new Set(
    taken.map((one) => `${kinds[one.kind]} ${one.resource} ${one.day} ${one.slot}`),
  );
  const free: [number, number, number, number][] = [];
  const beam: [number, number, number][] = [];
  for (let day = 0; day < searched.daysBuilt; day += 1) {
    for (let slot = 0; slot <= searched.slots; slot += 1) {
      for (const [name, kind] of Object.entries(kinds)) {
        if (slot === searched.slots && name !== "bay") continue;
        const count = searched[`${name as keyof typeof kinds}s`];
        for (let resource = 1; resource <= count; resource += 1) {
          if (!busy.has(`${kind} ${resource} ${day} ${slot}`))
            free.push([kind, resource, day, slot]);
        }
      }
      const rooms = Array.from({ length: searched.rooms }, (_, at) => at + 1);
      const inUse = rooms.filter((room) => busy.has(`1 ${room} ${day} ${slot}`)).length;
      beam.push([day, slot, searched.beamMinutes - inUse * searched.plannedBeamMinutes]);
    }
  }
  const column = <Row extends readonly number[]>(rows: Row[], at: number) =>
    rows.map((row) => row[at]);
  await client.query(
    `insert into free_slot select $1, * from unnest($2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[])`,
    [hub, ...[0, 1, 2, 3].map((at) => column(free, at))],
  );
  await client.query(
    `insert into beam_left select $1, * from unnest($2::smallint[], $3::smallint[], $4::smallint[])`,
    [hub, ...[0, 1, 2].map((at) => column(beam, at))],
  );
}
