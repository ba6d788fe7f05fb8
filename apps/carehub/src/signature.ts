import { createHash, randomUUIDv7 } from "node:crypto";
import { userInfo } from "node:os";
import type { JsonObject } from "@bufbuild/protobuf";

type Values = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * The request id and the person: who acts is told by --actor, CAREHUB_ACTOR or the name of the login. A command of more
 * than one call numbers them from 0: each has an id of its own, the same when the command is given again with its id.
 */
export function signature(values: Values, call = 0): JsonObject {
  const reference = values.actor?.at(-1) ?? process.env.CAREHUB_ACTOR ?? userInfo().username;
  const role = values["actor-role"]?.at(-1) ?? process.env.CAREHUB_ACTOR_ROLE ?? "clerk";
  const given = values["request-id"]?.at(-1) ?? randomUUIDv7();
  return { requestId: call === 0 ? given : idOfCall(given, call), actor: { reference, role } };
}

function idOfCall(given: string, call: number): string {
  const hex = createHash("sha256").update(`${given}/${call}`).digest("hex");
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return [...parts, hex.slice(20, 32)].join("-");
}
