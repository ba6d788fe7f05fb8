import type { DescEnum } from "@bufbuild/protobuf";
import {
  type Account,
  Account_StateSchema,
  InvoiceLine_StateSchema,
} from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import {
  type Course,
  Course_State,
  Course_StateSchema,
  type RecordedSession,
  RecordedSession_State,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import type { CaseEntry } from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import {
  CareStateSchema,
  type Referral,
  SettlementStateSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { facts, showDate, showMoney, showTime, table } from "./output.ts";
import { showClock, showLocal } from "./times.ts";

/** Where a case stands, one fact a line. */
export function describeReferral(referral: Referral): string {
  const { progress } = referral;
  return facts([
    ["referral", referral.name],
    ["placer number", referral.placerNumber],
    ["from", referral.sendingParty],
    ["to", referral.hub],
    ["programme", `${referral.programme}, ${referral.diagnosisCode}`],
    ["care", nameOf(CareStateSchema, referral.careState)],
    ["settlement", nameOf(SettlementStateSchema, referral.settlementState)],
    ["because", referral.stateReason],
    ["redirected from", referral.redirectedFrom],
    ["redirected to", referral.redirectedToHub],
    ["resume by", showTime(referral.deferred?.resumeByTime)],
    ["waits for documents", referral.informationRequested?.documentCodes.join(", ")],
    ["triage by", showTime(referral.triageBy?.expireTime)],
    ["agreement", progress?.agreement],
    ["refused because", progress?.refusalReason],
    ["place in the order", progress?.quotaPlace],
    ["seat", progress?.seatState],
    ["treatment", span(progress?.firstDate, progress?.lastDate)],
    ["answer by", showTime(progress?.answerBy?.expireTime)],
    ["estimate", showMoney(progress?.estimateTotal)],
    ["guarantee", progress?.guarantee],
    [
      "invoice",
      progress?.invoice ? `${progress.invoice}, ${showMoney(progress.invoiceTotal)}` : "",
    ],
    ["next due", showTime(referral.dueTime)],
    ["waits for", progress?.awaitedAnswers.join(", ")],
    ["etag", referral.etag],
  ]);
}

/** A course with its sessions: planned, and what took place; times are of the hub's zone. */
export function describeCourse(course: Course, zone: string): string {
  const { ENTERED_IN_ERROR } = RecordedSession_State;
  const standing = course.recordedSessions.filter(({ state }) => state !== ENTERED_IN_ERROR);
  const recorded = new Map(standing.map((record) => [record.number, record]));
  const head = facts([
    ["course", course.name],
    ["state", nameOf(Course_StateSchema, course.state)],
    ["hub", course.hub],
    ["dates", span(course.firstDate, course.lastDate)],
    ["longer by", daysOf(course.prolongationDays)],
    ["does not fit because", course.unavailable?.reason],
    ["first date possible", showDate(course.unavailable?.firstPossibleDate)],
    ["held until", course.state === Course_State.HELD ? showLocal(course.releaseTime, zone) : ""],
    ["waits since", showTime(course.waitingSinceTime)],
    ["stop asked", course.stopPending?.reason],
    ["admitted", showDate(course.admissionDate)],
    ["discharged", showDate(course.dischargeDate)],
    ["times", zone],
    ...course.stays.map(
      (stay) => [`stay ${stay.stay}`, describeStay(stay, course.extendedStays)] as const,
    ),
    ["etag", course.etag],
  ]);
  const rows = course.sessions.map(({ number, phase, startTime, endTime, resources }) => [
    number,
    phase,
    showLocal(startTime, zone),
    showClock(endTime, zone),
    resources.map(({ resource }) => resource.split("/").at(-1)).join(", "),
    tookPlace(recorded.get(number)),
  ]);
  const openings = (course.unavailable?.openings ?? []).map(({ resource, startTime, endTime }) => [
    resource,
    showLocal(startTime, zone),
    showLocal(endTime, zone),
  ]);
  return [
    head,
    ...(openings.length === 0 ? [] : [table(["would fit if open", "from", "to"], openings)]),
    ...(rows.length === 0 ? [] : [table(sessionHead, rows)]),
  ].join("\n");
}

const sessionHead = ["session", "phase", "from", "to", "uses", "took place"];

/** How many days; empty for none. */
export function daysOf(days: number): string {
  return days === 0 ? "" : `${days} ${days === 1 ? "day" : "days"}`;
}

function tookPlace(record: RecordedSession | undefined): string {
  if (record === undefined) return "";
  return record.state === RecordedSession_State.MISSED ? `missed: ${record.missedReason}` : "yes";
}

function describeStay(
  { stay, firstDate, lastDate }: Course["stays"][number],
  extended: Course["extendedStays"],
): string {
  const longer = extended.find((each) => each.stay === stay);
  const planned = span(firstDate, lastDate);
  if (longer === undefined) return planned;
  return `${planned}, extended to ${showDate(longer.lastDate)}: ${longer.reason}`;
}

/** An account with the lines of its invoice, or of its estimate before. */
export function describeAccount(account: Account): string {
  const { estimate, guarantee, invoice, deposit } = account;
  const head = facts([
    ["account", account.name],
    ["state", nameOf(Account_StateSchema, account.state)],
    ["payer", account.payer],
    ["creditor", account.creditor],
    ["estimate", showMoney(estimate?.total)],
    ["answer by", showTime(estimate?.answerBy?.expireTime)],
    ["guarantee", guarantee ? `${guarantee.name}, ${showMoney(guarantee.cap)}` : ""],
    ["deposit", showMoney(deposit?.received)],
    ["refundable", showMoney(deposit?.refundable)],
    ["invoice", invoice ? `${invoice.name}, ${showMoney(invoice.total)}` : ""],
    ["contest by", showTime(invoice?.contestBy?.expireTime)],
    ["outstanding", showMoney(invoice?.outstanding)],
    ["etag", account.etag],
  ]);
  const rows = invoice
    ? invoice.lines.map(({ priced: line, state }) => [
        ...pricedCells(line),
        nameOf(InvoiceLine_StateSchema, state),
      ])
    : (estimate?.lines ?? []).map((line) => [...pricedCells(line), "estimated"]);
  if (rows.length === 0) return head;
  return `${head}\n${table(["line", "service", "quantity", "price", "amount", "state"], rows)}`;
}

/** The events of a case, one a row. */
export function describeEntries(entries: readonly CaseEntry[]): string {
  const rows = entries.map((entry) => [
    showTime(entry.eventTime),
    entry.event?.event.case ?? "unknown",
    entry.reason,
    `${entry.caller}${entry.actor === undefined ? "" : ` (${entry.actor.reference})`}`,
    entry.traceId,
  ]);
  return table(["when", "event", "why", "who", "trace"], rows);
}

/** The name of an enum's value, without what all its names share. */
export function nameOf(schema: DescEnum, value: number): string {
  return schema.value[value]?.localName ?? String(value);
}

type Priced = NonNullable<NonNullable<Account["estimate"]>["lines"][number]>;

function pricedCells(line: Priced | undefined): unknown[] {
  if (line === undefined) return [];
  const { sequence, serviceCode, quantity, unitPrice, amount } = line;
  return [sequence, serviceCode, quantity, showMoney(unitPrice), showMoney(amount)];
}

function span(first: Course["firstDate"], last: Course["lastDate"]): string {
  return first === undefined ? "" : `${showDate(first)} to ${showDate(last)}`;
}
