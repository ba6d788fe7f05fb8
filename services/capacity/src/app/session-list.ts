import { now } from "@carehub/database/clock";
import type { Caller } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";
import type { TimedHub } from "../domain/demand.ts";
import { dateOfDay, dayOfDate, instantOfMinute, minuteOfInstant } from "../domain/hub-time.ts";
import { hubOfCaller } from "../domain/names.ts";
import type { CapacityReason } from "../domain/reasons.ts";
import { type DayLine, type DayPlace, readDay } from "../storage/session-store.ts";
import type { Page, PageRequest, QueryDeps } from "./queries.ts";
import { hubNotFound } from "./visibility.ts";

export type { DayLine };

/** The day that it is at the caller's own hub; fails with HUB_NOT_FOUND for every other. */
export async function todayAt(
  deps: QueryDeps,
  caller: Caller,
  name: string,
): Promise<Temporal.PlainDate> {
  const { time } = await ownHub(deps, caller, name);
  return dateOfDay(time.dayOf(minuteOfInstant(await now(deps.db))));
}

/** Lists what is planned on a day at the caller's own hub, by its start; fails with HUB_NOT_FOUND for every other. */
export async function listSessions(
  deps: QueryDeps,
  caller: Caller,
  asked: PageRequest & { readonly hub: string; readonly date: Temporal.PlainDate },
): Promise<Page<DayLine>> {
  const { hub, date, size, after } = asked;
  const { time } = await ownHub(deps, caller, hub);
  const day = dayOfDate(date);
  const found = await readDay(deps.db, {
    hub,
    from: instantOfMinute(time.startOf(day)),
    to: instantOfMinute(time.startOf(day + 1)),
    after: after === undefined ? undefined : readPlace(after),
    limit: size + 1,
  });
  const items = found.slice(0, size);
  const last = found.length > size ? items.at(-1) : undefined;
  return { items, next: last && writePlace(last) };
}

async function ownHub({ db, hubs }: QueryDeps, caller: Caller, name: string): Promise<TimedHub> {
  const hub = hubOfCaller(caller) === name ? await hubs.load(db, name) : undefined;
  if (hub === undefined) throw hubNotFound(name);
  return hub;
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
