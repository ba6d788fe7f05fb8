import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { SubmitReferralResponseSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { type Certificates, issueCertificates } from "@carehub/local/certificates";
import type { ServiceName } from "@carehub/local/platform";
import { command } from "@carehub/partners/partner";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, setStage } from "../journeys/stage.ts";
import {
  type Asker,
  asked,
  fieldsWhere,
  isPrivate,
  type Knowledge,
  learn,
  naming,
  textOfEnding,
} from "./case-names.ts";
import { openCaller, type RawCaller } from "./raw-caller.ts";
import { loadSurface, type Surface } from "./surface.ts";
import { aValidRequest, type Fill } from "./valid-request.ts";

const seed = 15;
const surface = await loadSurface();
const withName = surface.filter(({ method }) => fieldsWhere(method.input, isPrivate).length > 0);
const callers = new Map<string, RawCaller>();
let stage: Stage;
let desk: Certificates;
let knowledge: Knowledge;
let placerNumber: string;
let owners: Asker[];
let strangers: Asker[];

beforeAll(async () => {
  stage = await setStage("names");
  const story = stage.examples.stories.find(({ id }) => id.startsWith("01"));
  if (story === undefined) throw new Error("no first example");
  placerNumber = story.referral.placerNumber;
  const [played] = await stage.rehearse([story]);
  const id = played?.referral?.replace("referrals/", "") ?? "";
  const dir = join(stage.platform.folder, "certificates");
  const { trustDomain } = stage.platform;
  desk = await issueCertificates({ dir, trustDomain, identities: ["operator/desk"] });
  owners = ["ministry/UZ", "hub/umc-heart", "ministry/KZ"].map(asker);
  strangers = ["ministry/KG", "ministry/RU", "hub/astana-proton"].map(asker);
  const names = ["referrals", "courses", "entitlements", "accounts"].map((kind) => `${kind}/${id}`);
  const first = ["hubs/umc-heart", "parties/UZ", agreementOfTwo()];
  knowledge = await learn(surface, { callers: owners, names: [...names, ...first] });
});

afterAll(async () => {
  for (const caller of callers.values()) caller.close();
  await stage?.close();
});

test("learned of the case all that its parties can read", () => {
  const kinds = new Set([...knowledge.names].map((name) => name.split("/")[0]));
  const wanted = ["referrals", "courses", "entitlements", "decisions", "accounts", "statements"];
  expect([...kinds]).toEqual(expect.arrayContaining(wanted));
  expect([...knowledge.names].some((name) => name.includes("/invoices/"))).toBe(true);
  expect(knowledge.uuids.size).toBeGreaterThan(5);
});

test.each(withName.map((entry) => [entry.title, entry] as const))(
  "%s knows the names of a case for its parties, and for no other party",
  async (_title, entry) => {
    const real = requestOf(entry, naming(knowledge.names));
    for (const field of fieldsWhere(entry.method.input, isPrivate)) {
      const name = naming(knowledge.names)(field);
      expect(name, `a name of the case for ${field.name}`).toBeTypeOf("string");
    }
    // A batch keeps its answer under the request id even where each of its entries is refused.
    const disguised = naming([...knowledge.names].map(disguise));
    const unknown = requestOf(entry, (field) =>
      field.name === "request_id" ? randomUUID() : disguised(field),
    );
    for (const stranger of strangers.filter(({ role }) => entry.roles.has(role))) {
      const said = await stranger.callerOf(entry).call(entry.path, real);
      const base = await stranger.callerOf(entry).call(entry.path, unknown);
      const who = { who: stranger.title, code: said.code, reason: "reason" in said && said.reason };
      expect(who).toEqual({
        who: stranger.title,
        code: base.code,
        reason: "reason" in base && base.reason,
      });
      if (isNamed(entry)) expect(who).toMatchObject({ code: "NOT_FOUND" });
    }
    if (!isNamed(entry)) return;
    const codes = await Promise.all(
      owners
        .filter(({ role }) => entry.roles.has(role))
        .map(async ({ callerOf }) => (await callerOf(entry).call(entry.path, real)).code),
    );
    expect(
      codes.filter((code) => code !== "NOT_FOUND" && code !== "PERMISSION_DENIED"),
    ).not.toEqual([]);
  },
);

test.each(surface.map((entry) => [entry.title, entry] as const))(
  "%s tells no other party anything of a case",
  async (_title, entry) => {
    const bytes = requestOf(entry, naming(knowledge.names));
    for (const stranger of strangers.filter(({ role }) => entry.roles.has(role))) {
      const ending = await stranger.callerOf(entry).call(entry.path, bytes);
      const text = textOfEnding(entry, ending);
      const own = Buffer.from(bytes).toString("latin1");
      const secrets = [...knowledge.uuids, placerNumber].filter((secret) => !own.includes(secret));
      const told = secrets.filter((secret) => text.includes(secret));
      expect({ who: stranger.title, told }).toEqual({ who: stranger.title, told: [] });
    }
  },
);

test("a state hears nothing of an agreement of two others, nor of its quotas", async () => {
  const fill = naming([agreementOfTwo(), `${agreementOfTwo()}/quotas/heart-surgery`]);
  const reads = surface
    .filter(({ title }) => /Agreement|Quota/.test(title))
    .filter((e) => e.isRead);
  expect(reads.length).toBeGreaterThanOrEqual(4);
  for (const entry of reads) {
    for (const stranger of strangers.filter(({ role }) => role === "ministry")) {
      const ending = await stranger.callerOf(entry).call(entry.path, requestOf(entry, fill));
      if (!/List/.test(entry.title)) expect(ending.code).toBe("NOT_FOUND");
      else expect(textOfEnding(entry, ending)).not.toContain(agreementOfTwo());
    }
  }
});

test("a request id belongs to its caller alone, and to one request", async () => {
  const used = await readRequests();
  const methods = new Set(used.map(({ service }) => service));
  expect([...methods].toSorted()).toEqual(["agreements", "billing", "capacity", "intake"]);
  const wrong: unknown[] = [];
  for (const { entry, caller, requestId, response } of used) {
    const again = requestOf(entry, (field) => ofRequest(field, { caller, requestId }));
    const own = await asker(caller).callerOf(entry).call(entry.path, again);
    if (!("reason" in own) || own.reason !== "REQUEST_ID_REUSED") {
      wrong.push({ title: entry.title, caller, own: textOfEnding(entry, own) });
    }
    for (const other of othersThan(caller, entry)) {
      const ending = await other.callerOf(entry).call(entry.path, again);
      const isFirst = ending.code === "OK" && ending.bytes.equals(response);
      const isKnown = "reason" in ending && ending.reason === "REQUEST_ID_REUSED";
      if (isFirst || isKnown) wrong.push({ title: entry.title, other: other.title });
    }
  }
  expect(wrong).toEqual([]);
});

test("the very request of one ministry, sent by another, is another's referral", async () => {
  const [story] = stage.examples.stories;
  const entry = surface.find(({ method }) => method.name === "SubmitReferral");
  if (story === undefined || entry === undefined) throw new Error("no referral to send");
  const request = structuredClone(story.referral);
  if (request.identity?.document === undefined) throw new Error("no document to change");
  request.identity.document.number = "ZZ 0000815";
  Object.assign(request, command("coordinator"), { placerNumber: "TWICE-1" });
  const bytes = toBinary(entry.method.input, request);
  const send = async (who: string): Promise<string> => {
    const ending = await asker(who).callerOf(entry).call(entry.path, bytes);
    if (ending.code !== "OK") return textOfEnding(entry, ending);
    return fromBinary(SubmitReferralResponseSchema, ending.bytes).referral?.name ?? "";
  };
  const first = await send("ministry/UZ");
  expect(first).toMatch(/^referrals\//);
  expect(await send("ministry/UZ")).toBe(first);
  const others = await send("ministry/KG");
  expect(others).not.toContain(first);
  expect(others).not.toContain("REQUEST_ID_REUSED");
});

/** A call on one thing by its name: it must say NOT_FOUND. A list, or a mention of another case, need not. */
function isNamed({ method }: Surface): boolean {
  return method.input.fields.some((field) => field.name === "name" && isPrivate(field));
}

/** The same name with another uuid: one that does not exist. */
function disguise(name: string): string {
  return name.replace(/\/[0-9a-f]{8}-/, "/00000000-");
}

function requestOf(entry: Surface, fill: Fill): Uint8Array {
  const { input } = entry.method;
  const all: Fill = (field) => sensible(field) ?? asked(fill)(field);
  return toBinary(input, aValidRequest(input, { seed, fill: all }));
}

/** What no rule of a proto says: a session that ends after it began, countries and currencies that there are, a time that has passed. */
function sensible(field: Parameters<Fill>[0]): unknown {
  const values: Record<string, unknown> = {
    start_time: { seconds: 1_769_000_000n },
    end_time: { seconds: 1_769_003_600n },
    currency_code: "KZT",
    country: "UZ",
    citizenship: "UZ",
    residence_country: "UZ",
    residence_region: "UZ-QR",
    site: "",
    amount_minor: 100n,
  };
  if (field.parent.name === "MoveClockRequest" && field.name === "time") {
    return { seconds: 1_000_000_000n };
  }
  return values[field.name];
}

type Used = {
  readonly service: ServiceName;
  readonly entry: Surface;
  readonly caller: string;
  readonly requestId: string;
  readonly response: Buffer;
};

/** The last request of each method and caller that each service remembers. */
async function readRequests(): Promise<Used[]> {
  const used: Used[] = [];
  for (const service of ["intake", "capacity", "agreements", "billing"] as const) {
    const client = new pg.Client({ connectionString: stage.platform.databaseUrl(service) });
    await client.connect();
    const { rows } = await client.query(
      `select distinct on (method, caller) method, caller, request_id, response
       from log.request order by method, caller, created_at desc`,
    );
    await client.end();
    for (const { method, caller, request_id: requestId, response } of rows) {
      const entry = surface.find((each) => each.service === service && each.path === `/${method}`);
      if (entry !== undefined) used.push({ service, entry, caller, requestId, response });
    }
  }
  return used;
}

/** What a caller may name, and documents that pass every check: the refusal must be about the id. */
function ofRequest(
  field: Parameters<Fill>[0],
  { caller, requestId }: { caller: string; requestId: string },
): unknown {
  const { examples } = stage;
  const id = caller.split("/")[1] ?? "";
  if (field.name === "request_id") return requestId;
  if (field.parent.name === "PublishHubRequest" && field.name === "hub") {
    return examples.hubs.find(({ name }) => name === `hubs/${id}`);
  }
  if (field.parent.name === "PublishPartyRequest" && field.name === "party")
    return examples.parties[0];
  if (field.parent.name === "PublishAgreementRequest" && field.name === "agreement") {
    return examples.agreements.find(({ name }) => name === agreementOfTwo());
  }
  return naming(knowledge.names)(field);
}

function othersThan(caller: string, entry: Surface): Asker[] {
  return [...strangers, ...owners, asker("operator/desk")].filter(
    ({ title, role }) => title !== caller && entry.roles.has(role),
  );
}

function agreementOfTwo(): string {
  const found = stage.examples.agreements.find(
    ({ parties }) => parties.toSorted().join() === "parties/KZ,parties/UZ",
  );
  if (found === undefined) throw new Error("no agreement of KZ and UZ alone");
  return found.name;
}

function asker(title: string): Asker {
  const [role = ""] = title.split("/");
  return { title, role, callerOf: ({ service }) => callerTo(title, service) };
}

function callerTo(title: string, service: ServiceName): RawCaller {
  const key = `${title} ${service}`;
  const known = callers.get(key);
  if (known !== undefined) return known;
  const { addresses } = stage.platform;
  const certificates = title === "operator/desk" ? desk : stage.platform.certificates;
  const door = { address: addresses[service], serverName: "localhost" };
  const made = openCaller(door, {
    title,
    role: "",
    standing: "known",
    shown: certificates.tls(title),
  });
  callers.set(key, made);
  return made;
}
