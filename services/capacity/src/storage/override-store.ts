import type { Run } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import type { Uuid } from "@carehub/rules/ids";
import type { HubName } from "../domain/names.ts";
import type { Override, OverrideState, StoredOverride } from "../domain/override.ts";
import { readFacts, writeFacts } from "./facts.ts";
import { lockKeyOf } from "./lock-keys.ts";

type Reader = { readonly run: Run };

type OverrideRow = {
  readonly name: string;
  readonly hub: string;
  readonly revision: number;
  readonly state: OverrideState;
  readonly course: string | null;
  readonly expires_at: Temporal.Instant;
  readonly used_at: Temporal.Instant | null;
  readonly facts: string;
  readonly created_at: Temporal.Instant;
  readonly updated_at: Temporal.Instant;
};

const columns = `name, hub, revision, state, course, expires_at, used_at, facts::text as facts,
  created_at, updated_at`;

/** How many overrides of a kind are as far. */
export type OverrideCount = {
  readonly kind: Override["opens"]["kind"];
  readonly state: OverrideState | "EXPIRED";
  readonly count: number;
};

/** Keeps a new override under that name. */
export async function insertOverride(
  tx: Reader,
  name: string,
  override: Override,
): Promise<StoredOverride> {
  const { hub, state, course, expiresAt, opens, proposal } = override;
  const rows = await tx.run<OverrideRow>(
    "override-insert",
    `insert into override (name, hub, lock_key, revision, state, kind, course, proposed_by, expires_at, facts,
       created_at, updated_at)
     values ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9::jsonb, app.now(), app.now())
     returning ${columns}`,
    [
      name,
      hub,
      lockKeyOf(name),
      state,
      opens.kind,
      course ?? null,
      proposal.actor,
      expiresAt,
      factsOf(override),
    ],
  );
  return toStored(must(rows[0], "an insert returns its row"));
}

/** Reads an override, whoever may see it; locks its row where that is asked. */
export async function readOverride(
  db: Reader,
  name: string,
  { lock = false } = {},
): Promise<StoredOverride | undefined> {
  const [row] = await db.run<OverrideRow>(
    lock ? "override-lock" : "override-read",
    `select ${columns} from override where name = $1 ${lock ? "for update" : ""}`,
    [name],
  );
  return row && toStored(row);
}

/**
 * The override that a course may be planned on: one that is approved and not expired, or the one of that name, which its
 * hold or booking stands on. Locks its row where that is asked.
 */
export async function readOverrideOf(
  db: Reader,
  course: Uuid,
  { standing, lock }: { readonly standing: string | undefined; readonly lock: boolean },
): Promise<StoredOverride | undefined> {
  const [row] = await db.run<OverrideRow>(
    lock ? "override-lock-usable" : "override-usable",
    `select ${columns} from override where course = $1
       and (state = 'APPROVED' and expires_at > app.now() or state = 'USED' and name = $2)
     order by state limit 1 ${lock ? "for update" : ""}`,
    [course, standing ?? ""],
  );
  return row && toStored(row);
}

/** The override of a course that is still open, whether it is approved or not. */
export async function readOpenOverride(db: Reader, course: Uuid): Promise<string | undefined> {
  const [row] = await db.run<{ name: string }>(
    "override-open",
    `select name from override where course = $1 and state in ('PROPOSED', 'APPROVED')
       and expires_at > app.now() limit 1`,
    [course],
  );
  return row?.name;
}

/** Writes a locked override as it is now. */
export async function saveOverride(
  tx: Reader,
  name: string,
  override: Override,
): Promise<StoredOverride> {
  const rows = await tx.run<OverrideRow>(
    "override-save",
    `update override set state = $2, course = $3, approved_by = $4, used_at = $5, facts = $6::jsonb,
       revision = revision + 1, updated_at = app.now() where name = $1 returning ${columns}`,
    [
      name,
      override.state,
      override.course ?? null,
      override.approval?.actor ?? null,
      override.usedAt ?? null,
      factsOf(override),
    ],
  );
  return toStored(must(rows[0], "a locked override has a row"));
}

/** Overrides of a hub that were proposed in a period; open where a bound is undefined. */
export type OverridePeriod = {
  readonly hub: string;
  readonly from: Temporal.Instant | undefined;
  readonly to: Temporal.Instant | undefined;
};

const inPeriod = `hub = $1 and ($2::timestamptz is null or created_at >= $2)
  and ($3::timestamptz is null or created_at < $3)`;

/** A page of a period, the newest first, after that one. */
export async function readOverrides(
  db: Reader,
  { hub, from, to }: OverridePeriod,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<StoredOverride[]> {
  const rows = await db.run<OverrideRow>(
    "override-page",
    `select ${columns} from override where ${inPeriod}
       and ($4::text is null
         or (created_at, name) < ((select created_at from override where name = $4), $4))
     order by created_at desc, name desc limit $5`,
    [hub, from ?? null, to ?? null, page.after ?? null, page.limit],
  );
  return rows.map(toStored);
}

/** Counts all of a period by what they open and how far they are. */
export function countOverrides(
  db: Reader,
  { hub, from, to }: OverridePeriod,
): Promise<OverrideCount[]> {
  return db.run<OverrideCount>(
    "override-counts",
    `select kind, case when state in ('PROPOSED', 'APPROVED') and expires_at <= app.now()
         then 'EXPIRED' else state end as state, count(*)::integer as count
     from override where ${inPeriod} group by 1, 2 order by 1, 2`,
    [hub, from ?? null, to ?? null],
  );
}

type Facts = Pick<Override, "opens" | "reason" | "proposal" | "approval">;

function factsOf({ opens, reason, proposal, approval }: Override): string {
  return writeFacts({ opens, reason, proposal, approval } satisfies {
    [Key in keyof Facts]-?: Facts[Key] | undefined;
  });
}

function toStored(row: OverrideRow): StoredOverride {
  return {
    name: row.name,
    override: {
      ...readFacts<Facts>(row.facts),
      hub: row.hub as HubName,
      state: row.state,
      course: (row.course ?? undefined) as Uuid | undefined,
      expiresAt: row.expires_at,
      ...(row.used_at === null ? {} : { usedAt: row.used_at }),
    },
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
