import { DomainError } from "@carehub/rules/domain-error";
import { must } from "@carehub/rules/fault";
import type { Run } from "./pool.ts";
import { EventGapError } from "./seen.ts";
import type { DueSource, MessageSource, RequestSource, Source } from "./source.ts";

/** What became of a source that an earlier commit used up. */
export type UsedSource =
  | { readonly kind: "repeated"; readonly response: Uint8Array }
  | { readonly kind: "duplicate" };

/**
 * The time to decide by, and what became of the source; `used` is undefined while the source is
 * new.
 */
export type SourceCheck = { readonly now: Temporal.Instant; readonly used: UsedSource | undefined };

/**
 * Asks in one statement for app.now() and whether the source is used up. Fails with
 * REQUEST_ID_REUSED when the request id stood for another method or body, with EventGapError when
 * an earlier event is missing.
 */
export function checkSource(db: { readonly run: Run }, source: Source): Promise<SourceCheck> {
  switch (source.kind) {
    case "request":
      return checkRequest(db, source);
    case "message":
      return checkMessage(db, source);
    case "due":
      return checkDue(db, source);
    default:
      return source satisfies never;
  }
}

async function checkRequest(
  db: { readonly run: Run },
  { caller, requestId, bodyHash }: RequestSource,
): Promise<SourceCheck> {
  type Row = { now: Temporal.Instant; body_hash: Buffer | null; response: Buffer | null };
  const rows = await db.run<Row>(
    "source-request",
    `select app.now() as now, request.body_hash, request.response
     from (select) as one left join log.request on caller = $1 and request_id = $2`,
    [caller, requestId],
  );
  const { now, body_hash, response } = must(rows[0], "a left join of one row has a row");
  if (body_hash === null || response === null) return { now, used: undefined };
  if (!body_hash.equals(bodyHash)) {
    const description = "was used for another request";
    const violations = [{ field: "request_id", description }];
    throw new DomainError("REQUEST_ID_REUSED", { requestId }, { violations });
  }
  return { now, used: { kind: "repeated", response: new Uint8Array(response) } };
}

async function checkMessage(
  db: { readonly run: Run },
  source: MessageSource,
): Promise<SourceCheck> {
  const rows = await db.run<{ now: Temporal.Instant; seen: number }>(
    "source-message",
    `select app.now() as now, coalesce(
       (select revision from log.seen where consumer = $1 and aggregate = $2), 0) as seen`,
    [source.consumer, source.aggregate],
  );
  const { now, seen } = must(rows[0], "a select without a table has a row");
  if (source.revision <= seen) return { now, used: { kind: "duplicate" } };
  if (source.revision > seen + 1) throw new EventGapError(source, seen);
  return { now, used: undefined };
}

async function checkDue(db: { readonly run: Run }, { due }: DueSource): Promise<SourceCheck> {
  const rows = await db.run<{ now: Temporal.Instant; waiting: boolean }>(
    "source-due",
    `select app.now() as now, exists (select from log.due
       where aggregate = $1 and kind = $2 and due_at = $3) as waiting`,
    [due.aggregate, due.kind, due.dueAt],
  );
  const { now, waiting } = must(rows[0], "a select without a table has a row");
  return { now, used: waiting ? undefined : { kind: "duplicate" } };
}
