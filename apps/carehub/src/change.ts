import { readFileSync } from "node:fs";
import { type DescMessage, type JsonObject, type MessageShape, toJson } from "@bufbuild/protobuf";
import { parse } from "yaml";
import type { Connection } from "./connection.ts";
import { describeAnswer } from "./describe-answer.ts";
import { type FieldOption, inOwnZone, optionsOf, readRequest } from "./fields.ts";
import type { Mutation } from "./mutations.ts";
import { hubOf, zoneOf } from "./own-hub.ts";
import { signature } from "./signature.ts";
import { targets } from "./targets.ts";
import { UsageError } from "./usage-error.ts";

/** What a command was given beside the fields of its request. */
export type Changing = {
  readonly connection: Connection;
  readonly target: string | undefined;
  readonly values: Readonly<Record<string, readonly string[] | undefined>>;
  readonly json: boolean;
};

/** The options of a command, from its request. */
export function changeOptions({ method, resource }: Mutation): FieldOption[] {
  const said = resource === undefined ? [] : targets[resource].fields;
  return optionsOf(method.input, new Set(["name", "requestId", "actor", ...said]));
}

/** Whether a command is told with a request id and a person; one that only asks is not. */
export function isSigned({ method }: Mutation): boolean {
  return method.input.fields.some(({ localName }) => localName === "requestId");
}

/** Sends the command and answers what became of the case, as text. */
export async function change(mutation: Mutation, changing: Changing): Promise<string> {
  const { connection, values, json } = changing;
  const { service, method, resource, prefill } = mutation;
  const fromFile = readFields(values.with?.at(-1));
  const options = changeOptions(mutation);
  const typed = Object.fromEntries(
    options.flatMap(({ name, path: [first = ""] }) => (values[name] ? [[first, name]] : [])),
  );
  const filled = await (resource === undefined
    ? {}
    : targets[resource].fill(changing, { ...typed, ...fromFile }, prefill));
  const signed = isSigned(mutation) ? signature(values) : {};
  const base: JsonObject = { ...signed, ...filled, ...fromFile };
  const local = await inOwnZone({ options, values, base }, async () =>
    zoneOf(connection, await hubOf(connection, undefined)),
  );
  const request = readRequest(method.input, local);
  const client = connection.client(service) as unknown as Record<string, Call>;
  const answer = await client[method.localName]?.(request);
  if (answer === undefined) throw new Error(`no method ${method.localName}`);
  if (json) return JSON.stringify(toJson(method.output, answer), null, 2);
  return describeAnswer(connection, answer);
}

type Call = (request: MessageShape<DescMessage>) => Promise<MessageShape<DescMessage>>;

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
