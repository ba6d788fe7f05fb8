import { expect, test } from "vitest";
import { aClause, aProtocol, aTreaty, someFacts, stayOf } from "./agreement.builder.ts";
import type { AgreementText } from "./agreement.ts";
import { evaluateConfirmation } from "./confirmation.ts";

const confirm = (
  [first, last]: [string, string],
  { agreements = [aTreaty(), aProtocol()] as AgreementText[], facts = someFacts() } = {},
) =>
  evaluateConfirmation(agreements, facts, {
    granting: "agreements/protocol",
    days: { first: Temporal.PlainDate.from(first), last: Temporal.PlainDate.from(last) },
  });

test("confirms with the tariff version, prices, period and permitted stay of the dates", () => {
  const { terms } = confirm(["2026-07-06", "2026-07-20"]);
  expect(terms).toMatchObject({
    tariff: "agreements/protocol/tariffs/heart",
    tariffVersion: 2,
    currency: "KZT",
    prices: [{ serviceCode: "heart-surgery", amountMinor: "300000000" }],
    seat: { quota: "agreements/protocol/quotas/heart", period: "2026", parts: [""] },
    permittedUntil: "2026-10-03",
    contestTime: { workingDays: 15, clause: "agreements/protocol/clauses/contest" },
  });
});

test("the version of the first day of treatment prices the whole course", () => {
  expect(confirm(["2026-06-25", "2026-07-05"]).terms?.tariffVersion).toBe(1);
});

test("refuses when the granting agreement is not in force on the first day", () => {
  const { refusal } = confirm(["2027-01-11", "2027-01-20"], { agreements: [aTreaty()] });
  expect(refusal?.reason).toBe("PERIOD_CLOSED");
});

test("refuses when the hub's accreditation ends within the course", () => {
  expect(confirm(["2026-10-31", "2026-10-31"]).refusal).toBeUndefined();
  expect(confirm(["2026-10-30", "2026-11-01"]).refusal?.reason).toBe("HUB_NOT_ACCREDITED");
});

test("refuses when no version of the tariff prices the dates", () => {
  const tariffs = aProtocol().tariffs.filter(({ version }) => version === 1);
  const { refusal, findings } = confirm(["2026-07-06", "2026-07-20"], {
    agreements: [aProtocol({ tariffs })],
  });
  expect(refusal?.reason).toBe("PERIOD_CLOSED");
  expect(findings[0]?.clauses.at(-1)).toMatchObject({
    clause: "agreements/protocol/clauses/tariff",
    missing: ["first_date"],
  });
});

test("refuses a course that is longer than the permitted stay, naming the clause", () => {
  expect(confirm(["2026-03-02", "2026-05-30"]).refusal).toBeUndefined();
  const { refusal, findings } = confirm(["2026-03-02", "2026-05-31"]);
  expect(refusal?.reason).toBe("STAY_NOT_PERMITTED");
  expect(findings[0]?.clauses.find(({ kind }) => kind === "PERMITTED_STAY")).toMatchObject({
    result: "NOT_SATISFIED",
    missing: ["last_date"],
  });
});

test("a companion's shorter stay counts as well, but only where someone travels along", () => {
  const clauses = aProtocol().clauses.filter(({ id }) => id !== "stay");
  const [patient, companion] = [stayOf(90), stayOf(30)].map((terms, index) => {
    const purposes = index === 0 ? (["TREATMENT"] as const) : (["ACCOMPANIMENT"] as const);
    if (terms.kind !== "PERMITTED_STAY") throw new Error("a stay is a stay");
    return aClause(`stay-${index}`, { ...terms, purposes });
  });
  if (patient === undefined || companion === undefined) throw new Error("both are there");
  const agreements = [aProtocol({ clauses: [...clauses, patient, companion] })];
  expect(confirm(["2026-03-02", "2026-04-20"], { agreements }).refusal?.reason).toBe(
    "STAY_NOT_PERMITTED",
  );
  const alone = someFacts({ companion_count: 0 });
  expect(confirm(["2026-03-02", "2026-04-20"], { agreements, facts: alone }).terms).toMatchObject({
    permittedUntil: "2026-05-30",
  });
});

test("refuses a citizen to whom no clause permits a stay", () => {
  const facts = someFacts({ citizenship: "AF" });
  const { refusal, findings } = confirm(["2026-03-02", "2026-03-10"], { facts });
  expect(refusal?.reason).toBe("STAY_NOT_PERMITTED");
  expect(findings[0]?.clauses.find(({ kind }) => kind === "PERMITTED_STAY")?.missing).toEqual([
    "citizenship",
  ]);
});

test("without any clause on stays none is limited", () => {
  const clauses = aProtocol().clauses.filter(({ id }) => id !== "stay");
  const { terms } = confirm(["2026-03-02", "2026-09-30"], { agreements: [aProtocol({ clauses })] });
  expect(terms).toBeDefined();
  expect(terms?.permittedUntil).toBeUndefined();
});
