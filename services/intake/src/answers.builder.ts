import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { EntitlementEventSchema } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import {
  CourseEventSchema,
  CourseOutcome,
} from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Handled } from "@carehub/events/message";
import { subscribeAnswers } from "./events/consumed.ts";
import type { TestIntake } from "./intake.builder.ts";

type Entitlement = MessageInitShape<typeof EntitlementEventSchema>["event"];
type Course = MessageInitShape<typeof CourseEventSchema>["event"];
type Account = MessageInitShape<typeof AccountEventSchema>["event"];

/** The trace in which every answer of the tests was given. */
export const answerTraceId = "0af7651916cd43dd8448eb211c80319c";

/** Hands answers of the other services in, as their topics would: each event of a case once, counted. */
export function otherServices({ app }: Pick<TestIntake, "app">) {
  const { entitlements, courses, accounts } = subscribeAnswers(app);
  const revisions = new Map<string, number>();
  const envelope = <Event>(
    topic: string,
    { collection, id, event }: { collection: string; id: string; event: Event },
  ) => {
    const aggregate = `${collection}/${id}`;
    const revision = (revisions.get(aggregate) ?? 0) + 1;
    revisions.set(aggregate, revision);
    const eventId = `${collection}-${revision}`;
    const seen = { kind: "message", consumer: `intake.${collection}`, topic, aggregate } as const;
    return {
      ...{ id: eventId, type: "", topic, key: id, aggregate, revision, event },
      time: Temporal.Now.instant(),
      actor: null,
      traceId: answerTraceId,
      seen: { ...seen, revision, eventId, traceId: answerTraceId },
    };
  };
  return {
    agreements: async (id: string, event: NonNullable<Entitlement>): Promise<Handled> => {
      const told = {
        collection: "entitlements",
        id,
        event: create(EntitlementEventSchema, { event }),
      };
      return await entitlements.handle(envelope(entitlements.topic, told));
    },
    capacity: async (id: string, event: NonNullable<Course>): Promise<Handled> => {
      const told = { collection: "courses", id, event: create(CourseEventSchema, { event }) };
      return await courses.handle(envelope(courses.topic, told));
    },
    billing: async (id: string, event: NonNullable<Account>): Promise<Handled> => {
      const told = { collection: "accounts", id, event: create(AccountEventSchema, { event }) };
      return await accounts.handle(envelope(accounts.topic, told));
    },
  };
}

const date = (month: number, day: number) => ({ year: 2030, month, day });
const answerTime = { workingDays: 3, calendars: ["UZ"], graceHours: 24, clause: "a/clauses/1" };
const money = { amountMinor: 100n, currencyCode: "KZT" };
const seat = { quota: "agreements/kz-uz/quotas/heart", period: "2030" };
const seconds = (text: string) => ({ seconds: BigInt(Date.parse(text) / 1_000), nanos: 0 });
const answerBy = {
  date: date(1, 14),
  expireTime: seconds("2030-01-14T19:00:00Z"),
  answerTime,
  calendarVersion: "test",
};
const items = [{ serviceCode: "fallot-repair", quantity: 1 }];

/** The events of a case that goes its whole way, in the other services' words. */
export const said = {
  granted: {
    case: "entitlementGranted" as const,
    value: {
      ...{ round: 1, decision: "decisions/1", agreement: "agreements/kz-uz", seat, answerTime },
      payers: [{ party: "parties/UZ", shareBasisPoints: 10_000 }],
      currencyCode: "KZT",
      creditor: "parties/KZ",
    },
  },
  refused: { case: "entitlementRefused" as const, value: { round: 1, reason: "NO_AGREEMENT" } },
  seatReleased: { case: "seatReleased" as const, value: { round: 1 } },
  seatCommitted: { case: "seatCommitted" as const, value: { round: 1, seat } },
  seatConsumed: { case: "seatConsumed" as const, value: { round: 1, seat } },
  held: {
    case: "courseHeld" as const,
    value: {
      ...{ round: 1, firstDate: date(1, 20), lastDate: date(1, 28), serviceItems: items, answerBy },
      releaseTime: seconds("2030-01-15T19:00:00Z"),
    },
  },
  confirmed: {
    case: "entitlementConfirmed" as const,
    value: {
      ...{ round: 1, tariff: "t", tariffVersion: 1, seat, contestTime: answerTime },
      prices: [{ serviceCode: "fallot-repair", unitPrice: money }],
    },
  },
  estimated: {
    case: "estimateIssued" as const,
    value: { round: 1, estimate: "accounts/x/estimates/1", total: money },
  },
  guaranteed: {
    case: "paymentGuaranteed" as const,
    value: {
      ...{ round: 1, guarantee: "accounts/x/guarantees/1", cap: money },
      validUntilDate: date(12, 31),
      firstDate: date(1, 1),
      lastDate: date(6, 30),
    },
  },
  booked: {
    case: "courseBooked" as const,
    value: { round: 1, firstDate: date(1, 20), lastDate: date(1, 28) },
  },
  started: { case: "courseStarted" as const, value: { round: 1, admissionDate: date(1, 20) } },
  ended: {
    case: "courseEnded" as const,
    value: {
      round: 1,
      outcome: CourseOutcome.COMPLETED,
      deliveredItems: items,
      admissionDate: date(1, 20),
    },
  },
  invoiced: {
    case: "invoiceIssued" as const,
    value: { invoice: "accounts/x/invoices/1", total: money },
  },
};
