import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import {
  type CaseEntry,
  CaseEntrySchema,
  ListAvailableActionsResponseSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/case_feed_pb.ts";
import {
  CareState,
  CareStateSchema,
  ReferralSchema,
  SettlementStateSchema,
} from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { findCase } from "./cases.ts";
import type { Connection } from "./connection.ts";
import {
  describeAccount,
  describeCourse,
  describeEntries,
  describeReferral,
  nameOf,
} from "./describe.ts";
import { commandOf } from "./mutations.ts";
import { showTime, table } from "./output.ts";
import { zoneOf } from "./own-hub.ts";
import { pageSize, readPages } from "./pages.ts";
import { UsageError } from "./usage-error.ts";

/** What a command that only reads was given. */
export type Reading = {
  readonly connection: Connection;
  readonly target: string | undefined;
  readonly values: Readonly<Record<string, readonly string[] | undefined>>;
  readonly json: boolean;
};

/** The caller's referrals, newest first: all of them, or those in one care state, or the open ones. */
export async function list({ connection, values, json }: Reading): Promise<string> {
  const careState = careStateOf(values.state?.at(-1));
  const openOnly = values.open?.at(-1) === "yes";
  const found = await readPages(async (pageToken) => {
    const asked = { pageSize, pageToken, careState, openOnly };
    const answer = await connection.client(ReferralService).listReferrals(asked);
    return { items: answer.referrals, next: answer.nextPageToken };
  });
  if (json) return write({ referrals: found.map((each) => toJson(ReferralSchema, each)) });
  const rows = found.map((each) => [
    each.placerNumber,
    each.name.replace("referrals/", ""),
    each.hub.replace("hubs/", ""),
    each.programme,
    nameOf(CareStateSchema, each.careState),
    nameOf(SettlementStateSchema, each.settlementState),
    each.stateReason,
    showTime(each.dueTime),
  ]);
  const head = ["number", "case", "hub", "programme", "care", "settlement", "because", "next due"];
  return rows.length === 0 ? "no referrals" : table(head, rows);
}

/** One case: where it stands, and everything that happened to it. */
export async function show({ connection, target, json }: Reading): Promise<string> {
  const name = `referrals/${await findCase(connection, target)}`;
  const { referral } = await connection.client(ReferralService).getReferral({ name });
  if (referral === undefined) throw new Error("an answer without its referral");
  const entries = await readTimeline(connection, name);
  if (json) {
    const timeline = entries.map((entry) => toJson(CaseEntrySchema, entry));
    return write({ referral: toJson(ReferralSchema, referral), timeline });
  }
  return `${describeReferral(referral)}\n${describeEntries(entries)}`;
}

/** What the caller may do on a case, and what stands in the way of the rest. */
export async function actions({ connection, target, json }: Reading): Promise<string> {
  const name = `referrals/${await findCase(connection, target)}`;
  const answer = await connection.client(ReferralService).listAvailableActions({ name });
  if (json) return write(toJson(ListAvailableActionsResponseSchema, answer));
  const rows = answer.actions.map((each) => [
    commandOf(each.action),
    each.action,
    each.allowed ? "yes" : "no",
    each.blockingReason,
    Object.entries(each.blockingMetadata)
      .map(([key, value]) => `${key}: ${value}`)
      .join(", "),
    each.unblockedBy,
  ]);
  const head = ["command", "action", "possible", "blocked by", "facts", "unblocked by"];
  return table(head, rows);
}

/** The course of a case, with its sessions. */
export async function showCourse({ connection, target, json }: Reading): Promise<string> {
  const name = `courses/${await findCase(connection, target)}`;
  const { method } = CourseService;
  const answer = await connection.client(CourseService).getCourse({ name });
  if (json || answer.course === undefined)
    return write(answerJson(method.getCourse.output, answer));
  return describeCourse(answer.course, await zoneOf(connection, answer.course.hub));
}

/** The account of a case, with its lines. */
export async function showAccount({ connection, target, json }: Reading): Promise<string> {
  const name = `accounts/${await findCase(connection, target)}`;
  const { method } = AccountService;
  const answer = await connection.client(AccountService).getAccount({ name });
  if (json || answer.account === undefined) {
    return write(answerJson(method.getAccount.output, answer));
  }
  return describeAccount(answer.account);
}

async function readTimeline(connection: Connection, name: string): Promise<CaseEntry[]> {
  return await readPages(async (pageToken) => {
    const asked = { name, pageSize, pageToken };
    const answer = await connection.client(ReferralService).getCaseTimeline(asked);
    return { items: answer.entries, next: answer.nextPageToken };
  });
}

function careStateOf(text: string | undefined): CareState {
  if (text === undefined) return CareState.UNSPECIFIED;
  const value = CareStateSchema.values.find(({ localName }) => localName === text.toUpperCase());
  if (value !== undefined) return value.number as CareState;
  const names = CareStateSchema.values.slice(1).map(({ localName }) => localName);
  throw new UsageError(`--state ${text}: expected one of ${names.join(", ")}`);
}

function answerJson(schema: DescMessage, answer: MessageShape<DescMessage>): JsonValue {
  return toJson(schema, answer);
}

function write(document: JsonValue): string {
  return JSON.stringify(document, null, 2);
}
