import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import { dayOfDate, instantOfMinute } from "../domain/hub-time.ts";
import { hubOfCaller } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { type DayLine, type DayPlace, readDay } from "../storage/session-store.ts";
import type { Page, PageRequest, QueryDeps } from "./queries.ts";
import { hubNotFound } from "./visibility.ts";

export type { DayLine };

/** Lists what is planned on a day at the caller's own hub, by its start; fails with HUB_NOT_FOUND for every other. */
export async function listSessions(
  { db, hubs }: QueryDeps,
  caller: Caller,
  asked: PageRequest & { readonly hub: string; readonly date: Temporal.PlainDate },
): Promise<Page<DayLine>> {
  const { hub: name, date, size, after } = asked;
  const hub = hubOfCaller(caller) === name ? await hubs.load(db, name) : undefined;
  if (hub === undefined) throw hubNotFound(name);
  const day = dayOfDate(date);
  const found = await readDay(db, {
    hub: name,
    from: instantOfMinute(hub.time.startOf(day)),
    to: instantOfMinute(hub.time.startOf(day + 1)),
    after: after === undefined ? undefined : readPlace(after),
    limit: size + 1,
  });
  const items = found.slice(0, size);
  const last = found.length > size ? items.at(-1) : undefined;
  return { items, next: last && writePlace(last) };
}

/** The place of a line, as a page token carries it. */
function writePlace({ startAt, course, number }: DayPlace): string {
  return `${startAt.epochMilliseconds}/${course}/${number}`;
}

const placePattern = /^(\d{1,15})\/([0-9a-f-]{36})\/(-?\d{1,4})$/;

function readPlace(text: string): DayPlace {
  const [, startMs, course = "", number] = placePattern.exec(text) ?? [];
  if (startMs === undefined) {
    const reason: CapacityReason = "PAGE_TOKEN_INVALID";
    throw new DomainError(reason);
  }
  const startAt = Temporal.Instant.fromEpochMilliseconds(Number(startMs));
  return { startAt, course, number: Number(number) };
}
