import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DescMessage, fromJson, type JsonValue, type MessageShape } from "@bufbuild/protobuf";
import { AgreementSchema } from "@carehub/contracts/gen/carehub/agreements/v1/agreement_pb.ts";
import { PartySchema } from "@carehub/contracts/gen/carehub/agreements/v1/party_pb.ts";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { parse } from "yaml";
import type { Story } from "./story.ts";
import { parseStories } from "./story-files.ts";

/** Everything in the folder `examples`. */
export type Examples = Awaited<ReturnType<typeof loadExamples>>;

/** Reads parties, agreements, hubs and stories; a file that does not fit its schema is an error naming it. */
export async function loadExamples(folder: string) {
  const [parties, agreements, hubs, stories] = await Promise.all([
    loadMessages(join(folder, "parties"), "party", PartySchema),
    loadMessages(join(folder, "agreements"), "agreement", AgreementSchema),
    loadMessages(join(folder, "hubs"), "hub", HubSchema),
    loadStories(join(folder, "referrals")),
  ]);
  return { parties, agreements, hubs, stories };
}

/** The identities of all parties' ministries and all hubs: `ministry/UZ`, `hub/umc-heart`. */
export function identitiesOf({ parties, hubs }: Examples): string[] {
  const ministries = parties.map(({ name }) => name.replace("parties/", "ministry/"));
  return [...ministries, ...hubs.map(({ name }) => name.replace("hubs/", "hub/"))];
}

async function loadStories(folder: string): Promise<Story[]> {
  const documents = await loadDocuments(folder);
  return parseStories(
    documents.map(({ file, document }) => ({ id: file.replace(/\.yaml$/, ""), document })),
  );
}

async function loadMessages<Schema extends DescMessage>(
  folder: string,
  key: string,
  schema: Schema,
): Promise<MessageShape<Schema>[]> {
  const documents = await loadDocuments(folder);
  return documents.map(({ file, document }) => {
    try {
      return fromJson(schema, (document as Record<string, JsonValue>)[key] as JsonValue);
    } catch (cause) {
      throw new Error(`${join(folder, file)}: its ${key} is not a ${schema.typeName}`, { cause });
    }
  });
}

async function loadDocuments(folder: string) {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(
    files.map(async (file) => ({
      file,
      document: parse(await readFile(join(folder, file), "utf8")) as unknown,
    })),
  );
}
