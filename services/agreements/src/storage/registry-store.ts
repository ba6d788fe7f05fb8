import type { Tx } from "@carehub/database/pool";
import { must } from "@carehub/rules/fault";
import {
  type AgreementText,
  hubsOf,
  type KnownAgreement,
  type Layer,
} from "../domain/agreement.ts";
import type { Party } from "../domain/party.ts";
import { decodeAgreement, encodeAgreement } from "./agreement-codec.ts";

type Runner = Pick<Tx, "run">;

/** An agreement's own row, locked. */
export type AgreementRow = { readonly revision: number; readonly layer: Layer };

// Decisions share the registry, a publication has it alone: what is known from a time on was
// committed before any decision that knows of that time, so a decision can be made again as it was
// known.
/** What a decision's first statement takes shared; see there. */
export const registryLock = "hashtext('carehub'), hashtext('registry')";

/**
 * Waits for the decisions under way and keeps new ones out; answers the time from which a text is
 * known.
 */
export async function takeRegistry(tx: Runner): Promise<Temporal.Instant> {
  await tx.run("registry-take", `select pg_advisory_xact_lock(${registryLock})`);
  // In whole milliseconds, as it is told; later than any decision that did not know of it.
  const rows = await tx.run<{ known: Temporal.Instant }>(
    "registry-time",
    `select date_trunc('milliseconds', clock_timestamp() + shift + interval '999 microseconds')
       as known from app.clock`,
  );
  return must(rows[0], "the clock has its row").known;
}

/** The names of those parties that are not published. */
export async function missingParties(tx: Runner, names: readonly string[]): Promise<string[]> {
  const rows = await tx.run<{ name: string }>(
    "parties-missing",
    `select name from unnest($1::text[]) as asked (name)
     where not exists (select from party where party.name = asked.name) order by name`,
    [names],
  );
  return rows.map(({ name }) => name);
}

/** Locks the agreement's row, made first where there is none: revision 0. */
export async function lockAgreement(tx: Runner, text: AgreementText): Promise<AgreementRow> {
  const rows = await tx.run<AgreementRow>(
    "agreement-lock",
    `insert into agreement as found (name, revision, layer, parties, hubs)
     values ($1, 0, $2, $3, $4)
     on conflict (name) do update set revision = found.revision returning revision, layer`,
    [text.name, text.layer, text.parties, hubsOf(text)],
  );
  return must(rows[0], "an upsert has a row");
}

/** Adds the version, which becomes the agreement's newest. */
export async function insertVersion(tx: Runner, known: KnownAgreement): Promise<void> {
  const { knownFrom, ...text } = known;
  const { first, last } = text.inForce;
  await tx.run(
    "agreement-version",
    `with newest as (
       update agreement set revision = $2, parties = $4, hubs = $5 where name = $1)
     insert into agreement_version
       (agreement, version, layer, parties, hubs, in_force, known_from, text)
     values ($1, $2, $3, $4, $5, daterange($6, $7, '[]'), $8, $9::jsonb)`,
    [
      ...[text.name, text.version, text.layer, text.parties, hubsOf(text)],
      ...[first, last ?? null, knownFrom, encodeAgreement(text)],
    ],
  );
}

/** Writes the party and answers how often it was published. */
export async function saveParty(tx: Runner, party: Party, now: Temporal.Instant): Promise<number> {
  const rows = await tx.run<{ revision: number }>(
    "party-save",
    `insert into party as found
       (name, revision, title, country, calendar, currency, time_zone, spiffe_id, standing, updated_at)
     values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (name) do update set revision = found.revision + 1, title = $2, country = $3,
       calendar = $4, currency = $5, time_zone = $6, spiffe_id = $7, standing = $8, updated_at = $9
     returning revision`,
    [
      ...[party.name, party.title, party.country, party.calendar, party.currency],
      ...[party.timeZone, party.spiffeId, party.standing, now],
    ],
  );
  return must(rows[0], "an upsert has a row").revision;
}

/**
 * Reads the texts that a decision looks at: of that party's agreements the version in force on the
 * day and known at the time.
 */
export type ReadTexts = (
  db: Runner,
  at: {
    readonly party: string;
    readonly day: Temporal.PlainDate;
    readonly knownAt: Temporal.Instant;
  },
) => Promise<AgreementText[]>;

const textsKeptMax = 500;

/**
 * Makes the reader of texts; a version never changes, so each is read and decoded once per process.
 */
export function createTextReader(): ReadTexts {
  const kept = new Map<string, AgreementText>();
  return async (db, { party, day, knownAt }) => {
    const versions = await db.run<VersionKey>("texts-in-force", inForceSql, [party, day, knownAt]);
    const missing = versions.filter((version) => !kept.has(keyOf(version)));
    if (missing.length > 0) {
      if (kept.size + missing.length > textsKeptMax) kept.clear();
      for (const text of await readTexts(db, missing)) {
        kept.set(keyOf({ agreement: text.name, version: text.version }), text);
      }
    }
    // Cleared or not, what this call needs was just read; anything else is read again.
    const texts = versions.map((version) => kept.get(keyOf(version)));
    if (texts.every((text) => text !== undefined)) return texts;
    return await readTexts(db, versions);
  };
}

type VersionKey = { readonly agreement: string; readonly version: number };

// The highest version known then of those in force that day; the party must have signed that very
// one.
const inForceSql = `
  select agreement, version from (
    select distinct on (agreement) agreement, version, parties from agreement_version
    where in_force @> $2::date and known_from <= $3
      and agreement in (select agreement from agreement_version where parties @> array[$1::text])
    order by agreement, version desc) as newest
  where parties @> array[$1::text] order by agreement`;

async function readTexts(db: Runner, versions: readonly VersionKey[]): Promise<AgreementText[]> {
  const rows = await db.run<{ text: unknown }>(
    "texts-read",
    `select text from agreement_version
     join unnest($1::text[], $2::integer[]) as asked (agreement, version)
       using (agreement, version) order by agreement`,
    [versions.map(({ agreement }) => agreement), versions.map(({ version }) => version)],
  );
  return rows.map(({ text }) => decodeAgreement(text));
}

function keyOf({ agreement, version }: VersionKey): string {
  return `${agreement}@${version}`;
}
