import { expect, test } from "vitest";
import {
  aClause,
  aProtocol,
  aQuota,
  aTreaty,
  days,
  payersOf,
  someFacts,
} from "./agreement.builder.ts";
import type { AgreementText } from "./agreement.ts";
import type { Facts } from "./facts.ts";
import { evaluateEntitlement } from "./grant.ts";

const day = Temporal.PlainDate.from("2026-02-02");
const evaluate = (agreements: readonly AgreementText[], facts: Facts = someFacts()) =>
  evaluateEntitlement(agreements, facts, day);
const reasonFor = (facts: Facts, agreements = [aTreaty(), aProtocol()]) =>
  evaluate(agreements, someFacts(facts)).refusal?.reason;

test("grants a covered child under the protocol, with who pays, by when and from which seats", () => {
  const { terms, refusal } = evaluate([aTreaty(), aProtocol()]);
  expect(refusal).toBeUndefined();
  expect(terms).toEqual({
    agreement: "agreements/protocol",
    agreementVersion: 1,
    payers: [{ party: "parties/UZ", shareBasisPoints: 10_000 }],
    answerTime: {
      workingDays: 5,
      calendars: ["UZ"],
      graceHours: 24,
      clause: "agreements/protocol/clauses/answer",
    },
    tariff: "agreements/protocol/tariffs/heart",
    currency: "KZT",
    creditor: "parties/KZ",
    seat: { quota: "agreements/protocol/quotas/heart", period: "2026", parts: [""] },
    pendTime: {
      workingDays: 5,
      calendars: ["UZ"],
      graceHours: 24,
      clause: "agreements/protocol/clauses/seats",
    },
    deciding: ["heart", "payers", "answer", "tariff", "seats"].map(
      (id) => `agreements/protocol/clauses/${id}`,
    ),
  });
});

test("gives a resident of Karakalpakstan the set-aside first and the general part after", () => {
  const { terms } = evaluate([aProtocol()], someFacts({ residence_region: "UZ-QR" }));
  expect(terms?.seat?.parts).toEqual(["UZ-QR", ""]);
});

test("a person whose region is unknown has no right to a set-aside", () => {
  const { residence_region: _, ...facts } = someFacts();
  expect(evaluate([aProtocol()], facts).terms?.seat?.parts).toEqual([""]);
});

test("no agreement covers a case of a party that only the treaty binds", () => {
  expect(reasonFor({ sending_party: "parties/KG" }, [aTreaty()])).toBe("NO_AGREEMENT");
  expect(reasonFor({}, [])).toBe("NO_AGREEMENT");
});

test("names the illness when that alone is not covered", () => {
  const { refusal, findings } = evaluate(
    [aTreaty(), aProtocol()],
    someFacts({ diagnosis_code: "I25.1" }),
  );
  expect(refusal?.reason).toBe("DIAGNOSIS_NOT_COVERED");
  expect(findings[0]?.clauses[0]).toMatchObject({
    result: "NOT_SATISFIED",
    missing: ["diagnosis_code"],
    facts: { diagnosis_code: "I25.1", programme: "heart-surgery", age_years: "6" },
  });
});

test("names the person when the condition alone fails", () => {
  expect(reasonFor({ age_years: 40 })).toBe("PERSON_NOT_COVERED");
});

test("names the programme when the agreement has none such at the hub", () => {
  expect(reasonFor({ programme: "transplant" })).toBe("PROGRAMME_NOT_COVERED");
  expect(reasonFor({ hub: "hubs/astana-proton" })).toBe("PROGRAMME_NOT_COVERED");
});

test("refuses a hub whose accreditation has run out", () => {
  const accreditation = {
    hub: "hubs/umc-heart",
    programmes: [],
    reference: "JCI",
    valid: days("2020-01-01", "2026-02-01"),
  };
  const { refusal, findings } = evaluate([aProtocol({ accreditations: [accreditation] })]);
  expect(refusal?.reason).toBe("HUB_NOT_ACCREDITED");
  expect(findings[0]?.clauses[0]?.missing).toEqual(["accreditation"]);
});

test("refuses a day that no period of the quota has", () => {
  const [quota] = [aQuota(10, 3)];
  const closed = {
    ...quota,
    periods: quota.periods.map((p) => ({ ...p, days: days("2025-01-01", "2025-12-31") })),
  };
  expect(evaluate([aProtocol({ quotas: [closed] })]).refusal?.reason).toBe("PERIOD_CLOSED");
});

test.each(["payers", "answer", "contest", "tariff"])("coverage without %s binds nobody", (id) => {
  const clauses = aProtocol().clauses.filter((clause) => clause.id !== id);
  expect(clauses).toHaveLength(aProtocol().clauses.length - 1);
  expect(evaluate([aProtocol({ clauses })]).refusal?.reason).toBe("NO_AGREEMENT");
});

test("a more general layer supplies what the specific one leaves open", () => {
  const clauses = aProtocol().clauses.filter(({ id }) => id !== "payers");
  const { terms } = evaluate([aTreaty(), aProtocol({ clauses })]);
  expect(terms?.payers).toEqual([{ party: "parties/UZ", shareBasisPoints: 10_000 }]);
  expect(terms?.deciding).toContain("agreements/treaty/clauses/paid-basis");
});

test("the specific clause overrides the general one, and the explanation says so", () => {
  const { findings } = evaluate([aTreaty(), aProtocol()]);
  expect(findings.map(({ agreement, covers }) => [agreement, covers])).toEqual([
    ["agreements/protocol", true],
    ["agreements/treaty", false],
  ]);
  expect(findings[1]?.clauses).toMatchObject([
    { clause: "agreements/treaty/clauses/emergency", result: "NOT_APPLICABLE" },
    { result: "SATISFIED", overriddenBy: "agreements/protocol/clauses/payers" },
  ]);
});

test("an individual decision takes a single case out of the protocol's limits", () => {
  const decision = aProtocol({
    name: "agreements/decision",
    layer: "INDIVIDUAL_DECISION",
    clauses: [
      aClause(
        "this-case",
        { kind: "COVERAGE", care: "PLANNED", hubs: [], diagnosisPrefixes: ["I25"] },
        { condition: "age_years == 40" },
      ),
      aClause("split", payersOf("parties/KZ")),
    ],
    quotas: [],
    tariffs: [],
  });
  const facts = someFacts({ age_years: 40, diagnosis_code: "I25.1" });
  const { terms } = evaluate([aProtocol(), decision], facts);
  expect(terms).toMatchObject({
    agreement: "agreements/decision",
    payers: [{ party: "parties/KZ" }],
    tariff: "agreements/protocol/tariffs/heart",
  });
});

test("an exclusion of the layer that decides refuses; one of a more general layer does not", () => {
  const exclusion = aClause(
    "no-tashkent",
    { kind: "EXCLUSION" },
    {
      condition: 'residence_region == "UZ-TK"',
    },
  );
  const clauses = [...aProtocol().clauses, exclusion];
  expect(evaluate([aProtocol({ clauses })]).refusal?.reason).toBe("PERSON_NOT_COVERED");
  const treaty = aTreaty({ clauses: [exclusion] });
  expect(evaluate([treaty, aProtocol()]).refusal).toBeUndefined();
});

test("an exclusion that speaks of the illness alone is told as such", () => {
  const exclusion = aClause(
    "no-fallot",
    { kind: "EXCLUSION" },
    {
      condition: 'diagnosis_code.startsWith("Q21.3")',
    },
  );
  const clauses = [...aProtocol().clauses, exclusion];
  expect(evaluate([aProtocol({ clauses })]).refusal?.reason).toBe("DIAGNOSIS_NOT_COVERED");
});

test("an exclusion that cannot be told for want of a fact refuses and names the fact", () => {
  const exclusion = aClause(
    "no-tashkent",
    { kind: "EXCLUSION" },
    {
      condition: 'residence_region == "UZ-TK"',
    },
  );
  const { residence_region: _, ...facts } = someFacts();
  const { refusal, findings } = evaluate(
    [aProtocol({ clauses: [...aProtocol().clauses, exclusion] })],
    facts,
  );
  expect(refusal?.reason).toBe("PERSON_NOT_COVERED");
  expect(findings[0]?.clauses.at(-1)?.missing).toEqual(["residence_region"]);
});

test("a clause of another programme is not applicable", () => {
  const other = aClause("proton-payers", payersOf("parties/KZ"), {
    programmes: ["proton-therapy"],
  });
  const { findings, terms } = evaluate([aProtocol({ clauses: [other, ...aProtocol().clauses] })]);
  expect(findings[0]?.clauses[0]?.result).toBe("NOT_APPLICABLE");
  expect(terms?.payers[0]?.party).toBe("parties/UZ");
});
