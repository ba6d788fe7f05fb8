import type { Run } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import type { Course, StoredCourse } from "../domain/course.ts";
import { courseName } from "../domain/names.ts";
import type { Priority } from "../domain/priority.ts";
import { readFacts, writeFacts } from "./facts.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

/** The row of a course; its facts are all that is not a column. */
export type CourseRow = {
  readonly id: string;
  readonly hub: string;
  readonly revision: number;
  readonly sending_party: string | null;
  readonly state: Course["state"];
  readonly round: number;
  readonly closed: boolean;
  readonly facts: string;
  readonly created_at: Temporal.Instant;
  readonly updated_at: Temporal.Instant;
};

/** The columns of `CourseRow`. */
export const courseColumns = `id, hub, revision, sending_party, state, round, closed, facts::text as facts,
  created_at, updated_at`;

/** Locks a course's row, making an empty one where there is none; for a case's events and new courses. */
export async function lockOrCreateCourse(tx: Reader, id: Uuid): Promise<StoredCourse> {
  const rows = await tx.run<CourseRow>(
    "course-lock-or-create",
    `insert into course (id, hub, lock_key, revision, state, round, closed, facts, created_at, updated_at)
     select $1, '', $2, 0, 'NONE', 0, false, '{"recorded":[]}', at, at
     from (select date_trunc('milliseconds', app.now()) as at) as clock
     on conflict (id) do update set id = excluded.id returning ${courseColumns}`,
    [id, lockKeyOf(courseName(id))],
  );
  return toStoredCourse(must(rows[0], "an upsert returns its row"));
}

/** Locks a known course's row; undefined where there is none. */
export async function lockCourse(tx: Reader, id: Uuid): Promise<StoredCourse | undefined> {
  const [row] = await tx.run<CourseRow>(
    "course-lock",
    `select ${courseColumns} from course where id = $1 for update`,
    [id],
  );
  return row === undefined ? undefined : toStoredCourse(row);
}

/** Reads a course for this service's own use, whoever may see it. */
export async function readCourse(db: Reader, id: Uuid): Promise<StoredCourse | undefined> {
  const [row] = await db.run<CourseRow>(
    "course-read",
    `select ${courseColumns} from course where id = $1`,
    [id],
  );
  return row === undefined ? undefined : toStoredCourse(row);
}

/** Reads courses for this service's own use; those that are not there are left out. */
export async function readCourses(db: Reader, ids: readonly Uuid[]): Promise<StoredCourse[]> {
  const rows = await db.run<CourseRow>(
    "courses-read",
    `select ${courseColumns} from course where id = any ($1::uuid[]) order by id`,
    [ids],
  );
  return rows.map(toStoredCourse);
}

/** Writes a locked course with its new revision; answers it as it is now. */
export async function saveCourse(
  tx: Reader,
  course: Course,
  revision: number,
): Promise<StoredCourse> {
  const { id, hub, sendingParty, state, round, closed, ...facts } = course;
  const { sinceAt, rank } = placeOf(course);
  const rows = await tx.run<CourseRow>(
    "course-save",
    `update course set hub = $2, sending_party = $3, state = $4, round = $5, closed = $6,
       release_at = $7, facts = $8::jsonb, revision = $9, waiting_since_at = $10,
       waiting_rank = $11,
       updated_at = date_trunc('milliseconds', app.now())
     where id = $1 returning ${courseColumns}`,
    [
      id,
      hub,
      sendingParty ?? null,
      state,
      round,
      closed,
      state === "HELD" ? (course.hold?.releaseAt ?? null) : null,
      writeFacts(facts),
      revision,
      sinceAt,
      rank,
    ],
  );
  return toStoredCourse(must(rows[0], "a locked course has a row"));
}

const ranks: Readonly<Record<Priority, number>> = { EMERGENCY: 1, URGENT: 2, ROUTINE: 3 };

/** The columns of a course's place in the waiting list; empty for a course that does not wait. */
export function placeOf({ state, waiting }: Pick<Course, "state" | "waiting">) {
  const place = state === "WAITLISTED" ? waiting : undefined;
  return {
    sinceAt: place?.sinceAt ?? null,
    rank: place === undefined ? null : ranks[place.priority],
  };
}

/** A row as the domain has it. */
export function toStoredCourse(row: CourseRow): StoredCourse {
  type Facts = Omit<Course, "id" | "hub" | "sendingParty" | "state" | "round" | "closed">;
  return {
    course: {
      ...readFacts<Facts>(row.facts),
      id: row.id as Uuid,
      hub: row.hub,
      sendingParty: row.sending_party ?? undefined,
      state: row.state,
      round: row.round,
      closed: row.closed,
    },
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
