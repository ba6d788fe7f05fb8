import type { EntitlementEvent } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { EntitlementEventSchema } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import type { AccountEvent } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import { AccountEventSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_events_pb.ts";
import type { CourseEvent } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import { CourseEventSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Handled, Message } from "@carehub/events/message";
import { topics } from "@carehub/events/topics";
import { parseUuid } from "@carehub/rules/ids";
import type { IntakeApp } from "../app/intake-app.ts";
import type { Answer } from "../domain/answers.ts";
import { toAccountAnswer } from "./account-answer.ts";
import { toCourseAnswer } from "./course-answer.ts";
import { toEntitlementAnswer } from "./entitlement-answer.ts";

/** A variant that means something to a case, with its answer as a rule reads it. */
export type Read = { readonly variant: string; readonly value: unknown; readonly answer: Answer };

type Known = Read | "ignored" | "unknown-variant";

/** The case topics of the three other services, and what becomes of each of their events. */
export function subscribeAnswers(app: Pick<IntakeApp, "takeAnswer">) {
  return {
    entitlements: {
      topic: topics.entitlements,
      schema: EntitlementEventSchema,
      handle: (message: Message<EntitlementEvent>) =>
        take(app, message, toEntitlementAnswer(message.event)),
    },
    courses: {
      topic: topics.courses,
      schema: CourseEventSchema,
      handle: (message: Message<CourseEvent>) => take(app, message, toCourseAnswer(message.event)),
    },
    accounts: {
      topic: topics.accounts,
      schema: AccountEventSchema,
      handle: (message: Message<AccountEvent>) =>
        take(app, message, toAccountAnswer(message.event)),
    },
  };
}

async function take(
  app: Pick<IntakeApp, "takeAnswer">,
  message: Message<unknown>,
  known: Known,
): Promise<Handled> {
  if (typeof known === "string") return known;
  const { variant, value, answer } = known;
  const sourceTraceId = message.traceId ?? "";
  const told = { variant, value, sourceEventId: message.id, sourceTraceId };
  const id = parseUuid(message.key, "key");
  return await app.takeAnswer(id, { answer, told, source: message.seen });
}
