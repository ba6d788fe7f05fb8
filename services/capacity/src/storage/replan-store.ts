import type { Run } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import type { HubReplan, ReplanState, StoredReplan } from "../domain/hub-replan.ts";
import type { Minute } from "../domain/hub-time.ts";
import type { HubName } from "../domain/names.ts";
import { readFacts, writeFacts } from "./facts.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

type ReplanRow = {
  readonly name: string;
  readonly hub: string;
  readonly revision: number;
  readonly state: ReplanState;
  readonly facts: string;
  readonly created_at: Temporal.Instant;
  readonly updated_at: Temporal.Instant;
};

const columns = "name, hub, revision, state, facts::text as facts, created_at, updated_at";

/** Writes a new proposal. */
export async function insertReplan(
  tx: Reader,
  name: string,
  replan: HubReplan,
): Promise<StoredReplan> {
  const { hub, state, ...facts } = replan;
  const rows = await tx.run<ReplanRow>(
    "replan-insert",
    `insert into replan (name, hub, lock_key, revision, state, facts, created_at, updated_at)
     values ($1, $2, $3, 1, $4, $5::jsonb, app.now(), app.now()) returning ${columns}`,
    [name, hub, lockKeyOf(name), state, writeFacts(facts)],
  );
  return toStored(must(rows[0], "an insert returns its row"));
}

/** Locks a proposal's row for the rest of the transaction; undefined where there is none. */
export async function lockReplan(tx: Reader, name: string): Promise<StoredReplan | undefined> {
  const [row] = await tx.run<ReplanRow>(
    "replan-lock",
    `select ${columns} from replan where name = $1 for update`,
    [name],
  );
  return row && toStored(row);
}

/** Reads a proposal, whoever may see it. */
export async function readReplan(db: Reader, name: string): Promise<StoredReplan | undefined> {
  const [row] = await db.run<ReplanRow>(
    "replan-read",
    `select ${columns} from replan where name = $1`,
    [name],
  );
  return row && toStored(row);
}

/** Writes a locked proposal as it is now. */
export async function saveReplan(
  tx: Reader,
  name: string,
  replan: HubReplan,
): Promise<StoredReplan> {
  const { hub: _, state, ...facts } = replan;
  const rows = await tx.run<ReplanRow>(
    "replan-save",
    `update replan set state = $2, facts = $3::jsonb, revision = revision + 1,
       updated_at = app.now() where name = $1 returning ${columns}`,
    [name, state, writeFacts(facts)],
  );
  return toStored(must(rows[0], "a locked proposal has a row"));
}

/** A page of a hub's proposals, the newest first, after that one. */
export async function readReplans(
  db: Reader,
  hub: string,
  page: { state: ReplanState | undefined; after: string | undefined; limit: number },
): Promise<StoredReplan[]> {
  const rows = await db.run<ReplanRow>(
    "replan-page",
    `select ${columns} from replan where hub = $1 and ($2::text is null or state = $2)
       and ($3::text is null
         or (created_at, name) < ((select created_at from replan where name = $3), $3))
     order by created_at desc, name desc limit $4`,
    [hub, page.state ?? null, page.after ?? null, page.limit],
  );
  return rows.map(toStored);
}

/** A use of a resource by a course, by the resource's full name. */
export type CourseUse = {
  readonly course: Uuid;
  readonly number: number;
  readonly resource: string;
  readonly start: Minute;
  readonly end: Minute;
};

/** What courses keep of these resources between two minutes; what is over by now is left out. */
export function readUses(
  db: Reader,
  resources: readonly string[],
  { start, end }: { readonly start: Minute; readonly end: Minute },
): Promise<CourseUse[]> {
  return db.run<CourseUse>(
    "replan-uses",
    `select course, session_number as number, resource,
       (extract(epoch from lower(during)) / 60)::integer as start,
       (extract(epoch from upper(during)) / 60)::integer as "end"
     from unnest($1::text[]) as closed (name) cross join lateral (
       select * from reservation
       where reservation.resource = closed.name and kind = 'SESSION' and lower(during) > app.now()
         and during && tstzrange(to_timestamp($2::integer * 60.0), to_timestamp($3::integer * 60.0))
     ) as kept
     order by during, course, resource`,
    [resources, start, end],
  );
}

function toStored(row: ReplanRow): StoredReplan {
  const facts = readFacts<Omit<HubReplan, "hub" | "state">>(row.facts);
  return {
    name: row.name,
    replan: { ...facts, hub: row.hub as HubName, state: row.state },
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
