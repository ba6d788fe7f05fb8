import { randomUUIDv7 } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { type DescMessage, type JsonObject, type MessageShape, toJson } from "@bufbuild/protobuf";
import { AccountSchema } from "@carehub/contracts/gen/carehub/billing/v1/account_pb.ts";
import { CourseSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import { ReferralSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_pb.ts";
import { parse } from "yaml";
import { findCase } from "./cases.ts";
import type { Connection } from "./connection.ts";
import { describeAccount, describeCourse, describeReferral } from "./describe.ts";
import { type FieldOption, optionsOf, readRequest } from "./fields.ts";
import type { Mutation } from "./mutations.ts";
import { UsageError } from "./usage-error.ts";

/** What a command was given beside the fields of its request. */
export type Changing = {
  readonly connection: Connection;
  readonly target: string | undefined;
  readonly values: Readonly<Record<string, readonly string[] | undefined>>;
  readonly json: boolean;
};

const own = new Set(["name", "requestId", "actor"]);

/** The options of a command, from its request. */
export function changeOptions({ method }: Mutation): FieldOption[] {
  return optionsOf(method.input, own);
}

/** Sends the command and answers what became of the case, as text. */
export async function change(mutation: Mutation, changing: Changing): Promise<string> {
  const { connection, target, values, json } = changing;
  const { service, method, resource, prefill } = mutation;
  const fromFile = readFields(values.with?.at(-1));
  const options = changeOptions(mutation);
  const typed = Object.fromEntries(
    options.flatMap(({ name, path: [first = ""] }) => (values[name] ? [[first, name]] : [])),
  );
  const base: JsonObject = { ...fromFile, ...signature(values) };
  if (resource !== undefined) {
    const uuid = await findCase(connection, target);
    base.name = `${resource}/${uuid}`;
    const given = {
      ...typed,
      ...fromFile,
      ...(values.number ? { number: values.number[0] ?? "" } : {}),
    };
    Object.assign(base, { ...(await prefill?.(connection, uuid, given)), ...fromFile });
  }
  const request = readRequest(method.input, { options, values, base });
  const client = connection.client(service) as unknown as Record<string, Call>;
  const answer = await client[method.localName]?.(request);
  if (answer === undefined) throw new Error(`no method ${method.localName}`);
  if (json) return JSON.stringify(toJson(method.output, answer), null, 2);
  return describeAnswer(answer);
}

type Call = (request: MessageShape<DescMessage>) => Promise<MessageShape<DescMessage>>;

/** The request id and the person: who acts is told by --actor, CAREHUB_ACTOR or the name of the login. */
export function signature(values: Changing["values"]): JsonObject {
  const reference = values.actor?.at(-1) ?? process.env.CAREHUB_ACTOR ?? userInfo().username;
  const role = values["actor-role"]?.at(-1) ?? process.env.CAREHUB_ACTOR_ROLE ?? "clerk";
  return {
    requestId: values["request-id"]?.at(-1) ?? randomUUIDv7(),
    actor: { reference, role },
  };
}

/** Reads the fields that a file gives, as ProtoJSON in JSON or YAML; `-` is standard input. */
export function readFields(file: string | undefined): JsonObject {
  if (file === undefined) return {};
  try {
    const document: unknown = parse(readFileSync(file === "-" ? 0 : file, "utf8"));
    if (typeof document === "object" && document !== null && !Array.isArray(document)) {
      return document as JsonObject;
    }
  } catch (cause) {
    throw new UsageError(`--with ${file}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  throw new UsageError(`--with ${file}: expected the fields of a request`);
}

function describeAnswer(answer: MessageShape<DescMessage>): string {
  const parts = answer as unknown as Record<string, MessageShape<DescMessage> | undefined>;
  const changed = parts.referral ?? parts.course ?? parts.account;
  switch (changed?.$typeName) {
    case ReferralSchema.typeName:
      return describeReferral(changed as MessageShape<typeof ReferralSchema>);
    case CourseSchema.typeName:
      return describeCourse(changed as MessageShape<typeof CourseSchema>);
    case AccountSchema.typeName:
      return describeAccount(changed as MessageShape<typeof AccountSchema>);
    default:
      return "done";
  }
}
