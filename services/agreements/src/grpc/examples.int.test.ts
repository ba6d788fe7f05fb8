import { randomUUIDv7 } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { must } from "@carehub/rules/fault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { aConfirmation, eventsOf, nextMessage, request } from "../agreements.builder.ts";
import { confirmEntitlement } from "../app/confirm-entitlement.ts";
import type { Facts } from "../domain/facts.ts";
import { exampleAgreements, exampleParties, serveExamples } from "./served.builder.ts";

let served: Awaited<ReturnType<typeof serveExamples>>;

beforeAll(async () => {
  served = await serveExamples();
});

afterAll(() => served.close());

const heart = { programme: "heart-surgery", hub: "hubs/umc-heart", diagnosis_code: "Q21.3" };
const proton = { programme: "proton-therapy", hub: "hubs/astana-proton", diagnosis_code: "C71.6" };
const oncology = { programme: "chemotherapy", hub: "hubs/astana-oncology", age_years: 52 };
const chemotherapy = { ...oncology, diagnosis_code: "C50.4" };
const children = { ...oncology, programme: "paediatric-oncology", age_years: 7 };

const of = (country: string, facts: Facts): Facts => ({
  sending_party: `parties/${country}`,
  citizenship: country,
  residence_country: country,
  residence_region: "",
  referral_date: "2026-01-05",
  ...facts,
});

const answerTo = async (facts: Facts) => {
  const id = randomUUIDv7();
  await request(served.app, id, { facts });
  return { id, event: (await eventsOf(served.db, id)).at(-1) };
};

type Granted = readonly [facts: Facts, payer: string, currency: string, quota: string | undefined];

/** Who is entitled to what under the examples. */
const granted: Record<string, Granted> = {
  "a heart of Kyrgyzstan": [
    of("KG", heart),
    "parties/KG",
    "KGS",
    "kz-kg-hubs-2026/quotas/heart-surgery",
  ],
  "protons of Kyrgyzstan": [
    of("KG", proton),
    "parties/KG",
    "KGS",
    "kz-kg-hubs-2026/quotas/proton-therapy",
  ],
  "chemotherapy of Kyrgyzstan": [
    of("KG", chemotherapy),
    "parties/KG",
    "KGS",
    "kz-kg-hubs-2026/quotas/chemotherapy",
  ],
  "a heart of Tajikistan": [
    of("TJ", heart),
    "parties/TJ",
    "TJS",
    "kz-tj-hubs-2026/quotas/heart-surgery",
  ],
  "protons of Tajikistan": [
    of("TJ", proton),
    "parties/TJ",
    "TJS",
    "kz-tj-hubs-2026/quotas/proton-therapy",
  ],
  "chemotherapy of Tajikistan": [
    of("TJ", chemotherapy),
    "parties/TJ",
    "TJS",
    "kz-tj-hubs-2026/quotas/chemotherapy",
  ],
  "chemotherapy of Uzbekistan": [
    of("UZ", chemotherapy),
    "parties/UZ",
    "KZT",
    "kz-uz-hubs-2026/quotas/chemotherapy",
  ],
  "a medulloblastoma of Uzbekistan": [
    of("UZ", proton),
    "parties/UZ",
    "USD",
    "kz-uz-hubs-2026/quotas/proton-therapy",
  ],
  "a child's leukaemia of Uzbekistan": [
    of("UZ", { ...children, diagnosis_code: "C91.0" }),
    "parties/UZ",
    "KZT",
    "kz-uz-hubs-2026/quotas/paediatric-oncology",
  ],
  "protons of Russia": [of("RU", proton), "parties/private", "KZT", undefined],
};

test.each(Object.entries(granted))(
  "%s: payer, currency and quota as the protocol says",
  async (_, expected) => {
    const [facts, party, currencyCode, quota] = expected;
    const { event } = await answerTo(facts);
    expect(event).toMatchObject({
      case: "entitlementGranted",
      value: {
        currencyCode,
        creditor: "parties/KZ",
        payers: [{ party, shareBasisPoints: 10_000 }],
      },
    });
    const seat = event?.case === "entitlementGranted" ? event.value.seat?.quota : "";
    expect(seat).toBe(quota && `agreements/${quota}`);
  },
);

test("a protocol answers on its own calendar and within its own time", async () => {
  const times = await Promise.all(
    ["UZ", "KG", "TJ", "RU"].map(async (country) => {
      const { event } = await answerTo(of(country, proton));
      if (event?.case !== "entitlementGranted") throw new Error(`${country} was not granted`);
      const { workingDays, calendars } = must(event.value.answerTime, "a grant has a time");
      return [workingDays, calendars];
    }),
  );
  expect(times).toEqual([
    [5, ["UZ"]],
    [7, ["KG"]],
    [6, ["TJ"]],
    [5, ["RU"]],
  ]);
});

test("who is not of the protocol is refused", async () => {
  const refused: [Facts, string][] = [
    [of("KG", { ...chemotherapy, age_years: 9 }), "PERSON_NOT_COVERED"],
    [of("TJ", { ...heart, residence_country: "KZ" }), "PERSON_NOT_COVERED"],
    [of("RU", heart), "PROGRAMME_NOT_COVERED"],
    [of("RU", { ...proton, diagnosis_code: "G40.1" }), "DIAGNOSIS_NOT_COVERED"],
  ];
  for (const [facts, reason] of refused) {
    const { event } = await answerTo(facts);
    expect(event).toMatchObject({ case: "entitlementRefused", value: { reason } });
  }
});

test("a private patient's course is confirmed with its tariff and without a seat", async () => {
  const { id } = await answerTo(of("RU", proton));
  const course = aConfirmation(id, ["2026-02-02", "2026-03-16"]);
  const asked = { ...course, hub: "hubs/astana-proton" };
  await confirmEntitlement(served.app, asked, nextMessage(id));
  const event = (await eventsOf(served.db, id)).at(-1);
  expect(event).toMatchObject({ case: "entitlementConfirmed" });
  const { entitlement } = await served
    .as("ministry/RU")
    .entitlements.getEntitlement({ name: `entitlements/${id}` });
  expect(entitlement?.seat).toBeUndefined();
});

test("the parties are whole, and every tariff prices all that the hubs charge for its programme", () => {
  const countries = exampleParties().map(({ country }) => country);
  expect(countries).toEqual(["KG", "KZ", "RU", "TJ", "UZ"]);
  for (const party of exampleParties()) {
    expect([party.name, party.calendar]).toEqual([`parties/${party.country}`, party.country]);
    expect(party.spiffeId).toBe(`spiffe://carehub.example/ministry/${party.country}`);
  }
  const folder = new URL("../../../../examples/hubs/", import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  const hubs = files.map((file) => {
    const document = parse(readFileSync(new URL(file, folder), "utf8"));
    return fromJson(HubSchema, (document as { hub: JsonValue }).hub);
  });
  for (const { name, clauses, tariffs } of exampleAgreements()) {
    for (const { terms, programmes } of clauses) {
      if (terms.case !== "tariffRule") continue;
      const { tariff } = terms.value;
      const priced = tariffs.find(({ id }) => id === tariff)?.prices ?? [];
      const codes = new Set(priced.map(({ serviceCode }) => serviceCode));
      const templates = hubs.flatMap((hub) => hub.templates);
      const charged = templates
        .filter(({ programme }) => programmes.includes(programme))
        .flatMap(({ services }) => services.map(({ serviceCode }) => serviceCode));
      expect(charged.length, name).toBeGreaterThan(0);
      expect(
        charged.filter((code) => !codes.has(code)),
        `${name} ${tariff}`,
      ).toEqual([]);
    }
  }
});
