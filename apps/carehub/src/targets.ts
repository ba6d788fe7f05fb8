import type { JsonObject } from "@bufbuild/protobuf";
import { DisruptionService } from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import { Replan_State } from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { findCase } from "./cases.ts";
import type { Connection } from "./connection.ts";
import { hubOf } from "./own-hub.ts";
import type { Prefill } from "./prefill.ts";
import { UsageError } from "./usage-error.ts";

type Asked = {
  readonly connection: Connection;
  readonly target: string | undefined;
  readonly values: Readonly<Record<string, readonly string[] | undefined>>;
};

/** What a command is about: how it is named behind the command, and which fields of the request say it. */
export type Target = {
  readonly operands: string;
  /** The fields that are no options, for what is named behind the command says them. */
  readonly fields: readonly string[];
  readonly options: readonly { readonly name: string; readonly hint: string }[];
  readonly fill: (
    asked: Asked,
    given: Readonly<JsonObject>,
    prefill?: Prefill,
  ) => Promise<JsonObject>;
};

const hubOption = { name: "hub", hint: "HUB" };

/** What commands that change something are about. */
export const targets = {
  referrals: ofCase("referrals"),
  courses: ofCase("courses"),
  accounts: ofCase("accounts"),
  hubs: {
    operands: "",
    fields: ["hub"],
    options: [hubOption],
    fill: async ({ connection, values }) => ({
      hub: await hubOf(connection, values.hub?.at(-1)),
    }),
  },
  openings: {
    operands: "[CASE]",
    fields: ["hub", "course"],
    options: [hubOption],
    fill: async ({ connection, target, values }, given) => {
      const hub = await hubOf(connection, values.hub?.at(-1));
      if (given.openings !== undefined) return { hub };
      return { hub, course: `courses/${await findCase(connection, target)}` };
    },
  },
  replans: {
    operands: "PROPOSAL",
    fields: [],
    options: [],
    fill: async ({ connection, target }) => ({ name: await findReplan(connection, target) }),
  },
  overrides: {
    operands: "OVERRIDE",
    fields: [],
    options: [],
    fill: async ({ connection, target }) => ({ name: await findOverride(connection, target) }),
  },
} satisfies Readonly<Record<string, Target>>;

function ofCase(collection: string): Target {
  return {
    operands: "CASE",
    fields: [],
    options: [],
    fill: async ({ connection, target, values }, given, prefill) => {
      const uuid = await findCase(connection, target);
      const number = values.number?.[0];
      const all = number === undefined ? given : { ...given, number };
      return { name: `${collection}/${uuid}`, ...(await prefill?.(connection, uuid, all)) };
    },
  };
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The name of a proposal: from itself, its uuid, or `open` for the only one that waits for approvals. */
export async function findReplan(
  connection: Connection,
  text: string | undefined,
): Promise<string> {
  if (text === undefined || text === "open") {
    const { replans } = await connection
      .client(DisruptionService)
      .listReplans({ state: Replan_State.PROPOSED, pageSize: 2 });
    const [only, other] = replans;
    const all = "`carehub replans` lists all";
    if (only === undefined) throw new UsageError(`no proposal waits for approvals: ${all}`);
    if (other === undefined) return only.name;
    throw new UsageError(`more than one proposal is open: ${all}`);
  }
  return nameOf(connection, { collection: "replans", text });
}

/** The name of an override: from itself or its uuid. */
export async function findOverride(
  connection: Connection,
  text: string | undefined,
): Promise<string> {
  return nameOf(connection, { collection: "overrides", text: text ?? "nothing" });
}

async function nameOf(
  connection: Connection,
  { collection, text }: { readonly collection: string; readonly text: string },
): Promise<string> {
  if (text.includes(`/${collection}/`)) return text;
  if (uuid.test(text)) return `${await hubOf(connection, undefined)}/${collection}/${text}`;
  throw new UsageError(`${text} is none of ${collection}: \`carehub ${collection}\` lists them`);
}
