import { randomUUIDv7 } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import {
  type EntitlementEvent,
  EntitlementEventSchema,
} from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { type Database, openDatabase } from "@carehub/database/pool";
import type { Due, MessageSource } from "@carehub/database/source";
import type { Actor, Caller } from "@carehub/rules/caller";
import { must } from "@carehub/rules/fault";
import { testDatabase } from "@carehub/testing/database";
import { until } from "@carehub/testing/wait";
import type { Agreements } from "./app/agreements.ts";
import type { ConfirmationRequest } from "./app/confirm-entitlement.ts";
import { offerSeat } from "./app/offer-seat.ts";
import { publishAgreement, publishParty } from "./app/publish.ts";
import { type EntitlementRequest, requestEntitlement } from "./app/request-entitlement.ts";
import { someFacts } from "./domain/agreement.builder.ts";
import type { AgreementText } from "./domain/agreement.ts";
import type { Facts } from "./domain/facts.ts";
import { migrationsFolder, wireAgreements } from "./start-agreements.ts";

/** Who publishes: the organisation, and the person. */
export const registrar: Caller = { role: "operator", id: "registry", name: "operator/registry" };
export const actor: Actor = { reference: "registrar-1", role: "registrar" };

/** The use cases on a database of their own; `close` drops it. */
export async function openTestAgreements({ poolSizeMax = 16 } = {}) {
  const database = await testDatabase({ migrations: { service: migrationsFolder } });
  const db = openDatabase({ url: database.url, applicationName: "agreements-test", poolSizeMax });
  const { app, queries, close } = wireAgreements(db);
  const closeAndCountDeadlocks = async () => {
    await close();
    const deadlocks = await countDeadlocks(database.url);
    await database.drop();
    return deadlocks;
  };
  return { db, app, queries, closeAndCountDeadlocks, close: closeAndCountDeadlocks };
}

// A session counts into the shared statistics at its end at the latest, before it leaves the list.
async function countDeadlocks(url: string): Promise<number> {
  const observer = openDatabase({ url, applicationName: "deadlocks-test", poolSizeMax: 1 });
  const others = "select from pg_stat_activity where datname = current_database()";
  const own = "pid <> pg_backend_pid() and backend_type = 'client backend'";
  const isAlone = async () =>
    (await observer.run("test-others", `${others} and ${own}`)).length === 0;
  await until(isAlone, { what: "every session to have ended" });
  const [counted] = await observer.run<{ deadlocks: bigint }>(
    "test-deadlocks",
    "select deadlocks from pg_stat_database where datname = current_database()",
  );
  await observer.close();
  return Number(must(counted, "the database has its statistics").deadlocks);
}

/** The source of a request of the registry with a request id of its own. */
export function aPublication<Result>(requestId: string = randomUUIDv7()) {
  return {
    caller: registrar,
    actor,
    source: {
      kind: "request",
      caller: registrar.name,
      requestId,
      method: "Publish",
      bodyHash: new Uint8Array(32),
    },
    respond: (_result: Result) => new Uint8Array([1]),
  } as const;
}

/** Publishes the parties of the region. */
export async function publishParties(app: Agreements): Promise<void> {
  for (const country of ["KZ", "UZ", "KG", "TJ", "RU", "AZ"]) {
    const party = {
      name: `parties/${country}`,
      title: `Ministry of ${country}`,
      country,
      calendar: "UZ",
      currency: "KZT",
      timeZone: "Asia/Tashkent",
      spiffeId: `spiffe://carehub.example/ministry/${country}`,
      standing: "ACTIVE",
    } as const;
    await publishParty(app, party, aPublication());
  }
}

/** Publishes texts in their order. */
export async function publishTexts(app: Agreements, ...texts: AgreementText[]): Promise<void> {
  for (const text of texts) await publishAgreement(app, text, aPublication());
}

const revisions = new Map<string, number>();

/** The source of the next message of a referral. */
export function nextMessage(id: string): MessageSource {
  const revision = (revisions.get(id) ?? 0) + 1;
  revisions.set(id, revision);
  const aggregate = `referrals/${id}`;
  return {
    ...{ kind: "message", consumer: "agreements.cases", topic: "carehub.intake.cases" },
    ...{ aggregate, revision },
  };
}

/** Asks for an entitlement as intake does, with facts that the test does not say filled in. */
export function request(
  app: Agreements,
  id: string,
  {
    facts = {},
    round = 1,
    source = nextMessage(id),
  }: { facts?: Facts; round?: number; source?: MessageSource } = {},
) {
  const all = someFacts(facts);
  const asked: EntitlementRequest = {
    ...{ id, round, facts: all },
    sendingParty: must(all.sending_party, "a case is sent"),
    hub: must(all.hub, "a case is for a hub"),
    programme: must(all.programme, "a case is for a programme"),
    referralDate: Temporal.PlainDate.from(must(all.referral_date, "a case has a day")),
  };
  return requestEntitlement(app, asked, source);
}

/** A confirmation of a course on these days. */
export function aConfirmation(
  id: string,
  [first, last]: [string, string],
  { round = 1, person = {} }: { round?: number; person?: Facts } = {},
): ConfirmationRequest {
  const days = { first: Temporal.PlainDate.from(first), last: Temporal.PlainDate.from(last) };
  return { id, round, hub: "hubs/umc-heart", days, person };
}

/** Every event told of a case, in order. */
export async function eventsOf(
  db: Database,
  id: string,
): Promise<NonNullable<EntitlementEvent["event"]>[]> {
  const rows = await db.run<{ payload: Uint8Array }>(
    "test-events",
    "select payload from log.event where aggregate = $1 order by revision",
    [`entitlements/${id}`],
  );
  return rows.map(({ payload }) => fromBinary(EntitlementEventSchema, payload).event);
}

/** Raises what is due, as the sweeper does, until nothing is. */
export async function raiseDues(app: Agreements): Promise<void> {
  for (;;) {
    const [due] = await app.db.run<Due>(
      "test-due",
      'select aggregate, kind, due_at as "dueAt" from log.due where due_at <= app.now() limit 1',
    );
    if (due === undefined) return;
    await offerSeat(app, due);
  }
}

/** The counters of a quota's parts: granted, available, reserved, committed, consumed. */
export async function seatsOf(db: Database, quota: string): Promise<Record<string, number[]>> {
  const rows = await db.run<{ part: string; counts: number[] }>(
    "test-seats",
    `select part, array[granted, available, reserved, committed, consumed] as counts
     from seat_account where quota = $1 order by period, part`,
    [quota],
  );
  return Object.fromEntries(rows.map(({ part, counts }) => [part, counts]));
}

/** The parts whose counters are not the sums of their postings; none, ever. */
export function unbalanced(db: Database) {
  return db.run("test-balance", "select * from seat_balance where not balanced");
}
