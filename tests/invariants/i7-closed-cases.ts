import type { Evidence } from "./evidence.ts";
import { checkBookings } from "./i7-bookings.ts";
import type { Check, Invariant, ServiceName } from "./invariant.ts";
import { openCheck } from "./open-check.ts";

/** A case is one over all services, and when it is over it keeps nothing anywhere. */
export const closedCases: Invariant = {
  id: "I7",
  title: "nothing left of a closed case",
  check: async (evidence) => [
    checkBookings(evidence),
    ...(await checkAgreement(evidence)),
    await checkLeftovers(evidence),
    await checkKeys(evidence),
  ],
};

type Case = {
  readonly id: string;
  readonly careState: string;
  readonly isClosed: boolean;
  readonly isStopped: boolean;
  readonly seat: string;
};

const casesSql = `select id::text, care_state as "careState", closed_at is not null as "isClosed",
  facts ? 'stop' as "isStopped", facts->>'seat' as seat from referral`;

// The row of each case in each other service, and what it still keeps.
const keepers: Readonly<Record<Exclude<ServiceName, "intake">, { table: string; sql: string }>> = {
  capacity: {
    table: "course",
    sql: `select id::text, closed, state, case
        when state in ('HELD', 'BOOKED', 'WAITLISTED', 'IN_TREATMENT', 'INTERRUPTED') then 'the course is ' || state
        when state <> 'ENDED' and exists (select from reservation where course = course.id)
          then 'it still has sessions'
        when state <> 'ENDED' and exists (select from pool_use where course = course.id)
          then 'it still has places in a pool'
        when exists (select from log.due where aggregate = 'courses/' || id) then 'a time to act stands'
      end as keeps, null as seat
      from course where sending_party is not null or hub = ''`,
  },
  agreements: {
    table: "entitlement",
    sql: `select id::text, closed, closed_state as state, case
        when seat_state in ('RESERVED', 'COMMITTED') then 'its seat is ' || seat_state
        when exists (select from seat_wait where entitlement = id) then 'it waits for a seat'
        when exists (select from log.due where aggregate = 'entitlements/' || id) then 'a time to act stands'
      end as keeps, seat_state as seat from entitlement`,
  },
  billing: {
    table: "account",
    sql: `select id::text, closed, state, case
        when facts->'estimate'->>'standing' = 'OPEN' then 'its estimate is open'
        when facts->'guarantee'->>'standing' = 'STANDING' then 'its guarantee stands'
      end as keeps, null as seat from account`,
  },
};

type Kept = {
  readonly id: string;
  readonly closed: boolean;
  readonly state: string;
  readonly keeps: string | null;
  readonly seat: string | null;
};

async function readCases(evidence: Evidence): Promise<Map<string, Case>> {
  const cases = await evidence.query<Case>("intake", casesSql);
  return new Map(cases.map((each) => [each.id, each]));
}

async function checkAgreement(evidence: Evidence): Promise<Check[]> {
  const closed = openCheck("a case that is closed in intake is closed everywhere, and no other is");
  const same = openCheck("seat and outcome of a case are the same everywhere");
  const cases = await readCases(evidence);
  for (const [database, { table, sql }] of Object.entries(keepers)) {
    const rows = new Map(
      (await evidence.query<Kept>(database as ServiceName, sql)).map((row) => [row.id, row]),
    );
    for (const { id, isClosed, careState, seat } of cases.values()) {
      closed.look();
      same.look();
      const row = rows.get(id);
      const place = { database, table, row: `case ${id}` };
      if (isClosed && row === undefined)
        closed.add({ ...place, found: `has no row, but intake closed it as ${careState}` });
      if (row !== undefined && row.closed !== isClosed)
        closed.add({ ...place, found: `closed is ${row.closed}, in intake ${isClosed}` });
      if (row?.closed && database === "agreements" && row.state !== careState)
        same.add({ ...place, found: `was closed as ${row.state}, in intake as ${careState}` });
      if (row?.seat && row.seat !== seat)
        same.add({ ...place, found: `its seat is ${row.seat}, intake knows ${seat}` });
      const ended = database === "capacity" && careState === "DISCHARGED" && row?.state !== "ENDED";
      if (ended)
        same.add({ ...place, found: `is ${row?.state}, though the patient is discharged` });
      rows.delete(id);
    }
    for (const id of rows.keys()) {
      closed.look();
      closed.add({ database, table, row: `case ${id}`, found: "is unknown to intake" });
    }
  }
  return [closed.close(), same.close()];
}

async function checkLeftovers(evidence: Evidence): Promise<Check> {
  const check = openCheck(
    "a stopped or closed case has no hold, waiting row, seat, estimate or guarantee",
  );
  const cases = await readCases(evidence);
  const dues = await evidence.query<{ aggregate: string; kind: string }>(
    "intake",
    "select aggregate, kind from log.due",
  );
  const treated = new Set<string>();
  for (const [database, { table, sql }] of Object.entries(keepers)) {
    for (const { id, state, keeps } of await evidence.query<Kept>(database as ServiceName, sql)) {
      check.look();
      const known = cases.get(id);
      // A treatment that has begun goes on until its hub confirms the stop, and keeps what it has until then.
      const isTreated = state === "IN_TREATMENT" || state === "INTERRUPTED";
      if (database === "capacity" && isTreated && !known?.isClosed) treated.add(id);
      if (known === undefined || keeps === null || treated.has(id)) continue;
      const over = known.isClosed ? "closed" : known.isStopped ? "stopped" : undefined;
      if (over === undefined) continue;
      const found = `${keeps}, but the case is ${over} as ${known.careState}`;
      check.add({ database, table, row: `case ${id}`, found });
    }
  }
  for (const { aggregate, kind } of dues) {
    check.look();
    if (!cases.get(aggregate.replace("referrals/", ""))?.isClosed) continue;
    const found = `${kind} stands, but the case is closed`;
    check.add({ database: "intake", table: "log.due", row: aggregate, found });
  }
  return check.close();
}

async function checkKeys(evidence: Evidence): Promise<Check> {
  const check = openCheck("each patient has a key");
  const patients = await evidence.query<{ id: string }>("intake", "select id::text from patient");
  const keys = await evidence.query<{ id: string }>(
    "intake_keys",
    "select patient_id::text as id from patient_key",
  );
  const known = new Set(keys.map(({ id }) => id));
  for (const { id } of patients) {
    check.look();
    if (known.has(id)) continue;
    const found = "has no key, so what is sealed for it is lost";
    check.add({ database: "intake_keys", table: "patient_key", row: `patient ${id}`, found });
  }
  return check.close();
}
