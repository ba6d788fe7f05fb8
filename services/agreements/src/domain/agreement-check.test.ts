import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { aClause, aProtocol, aQuota, aTreaty, days } from "./agreement.builder.ts";
import type { AgreementText } from "./agreement.ts";
import { checkAgreement } from "./agreement-check.ts";

const violations = (text: AgreementText) => {
  try {
    checkAgreement(text);
  } catch (error) {
    if (error instanceof DomainError) {
      expect(error.reason).toBe("AGREEMENT_INVALID");
      return error.violations.map(({ field, description }) => `${field}: ${description}`);
    }
    throw error;
  }
  return [];
};
const withClause = (clause: ReturnType<typeof aClause>) =>
  violations(aProtocol({ clauses: [...aProtocol().clauses, clause] }));

test("passes sound texts", () => {
  expect(violations(aProtocol())).toEqual([]);
  expect(violations(aTreaty())).toEqual([]);
});

test("names the clause and the column of a bad condition", () => {
  const clause = aClause("children", { kind: "EXCLUSION" }, { condition: "ages > 17" });
  expect(withClause(clause)).toEqual([
    "agreement.clauses[7].condition: clause children, column 1: no fact is named ages",
  ]);
});

test("names every fault, not the first alone", () => {
  const text = aProtocol({
    inForce: days("2026-12-31", "2026-01-01"),
    clauses: [
      ...aProtocol().clauses,
      aClause("payers", { kind: "PAYERS", shares: [{ party: "parties/UZ", shareBasisPoints: 1 }] }),
    ],
  });
  expect(violations(text)).toEqual([
    "agreement.in_force: ends before it begins",
    "agreement.clauses: payers stands twice",
    "agreement.clauses[7].payers.shares: the shares of clause payers sum to 1, not 10000",
  ]);
});

test("an exclusion has a condition", () => {
  expect(withClause(aClause("all", { kind: "EXCLUSION" }))[0]).toMatch(/without a condition/);
});

test("a rule refers to a quota or tariff of the same text, and a creditor that signed", () => {
  const time = { workingDays: 5, calendars: ["UZ"], graceHours: 0 };
  const quota = { kind: "QUOTA_RULE", quota: "lung", pendTime: time } as const;
  const tariff = { kind: "TARIFF_RULE", tariff: "lung", creditor: "parties/RU" } as const;
  expect(withClause(aClause("a", quota))[0]).toMatch(/there is no quota lung/);
  expect(withClause(aClause("b", tariff))).toEqual([
    expect.stringMatching(/there is no tariff lung/),
    expect.stringMatching(/parties\/RU did not sign/),
  ]);
});

test("a time is counted on calendars that there are", () => {
  const time = { workingDays: 5, calendars: ["UZ", "AQ"], graceHours: 24 };
  expect(withClause(aClause("a", { kind: "ANSWER_TIME", time }))[0]).toMatch(/no calendar of AQ/);
});

test("no more seats are set aside than there are, by sound conditions", () => {
  expect(violations(aProtocol({ quotas: [aQuota(2, 3)] }))[0]).toMatch(
    /3 seats are set aside of 2/,
  );
});

test("versions of a tariff and periods of a quota share no day, prices are known and positive", () => {
  const [tariff] = aProtocol().tariffs;
  if (tariff === undefined) throw new Error("the protocol has a tariff");
  const dear = {
    ...tariff,
    version: 3,
    currency: "XXX",
    prices: [{ serviceCode: "a", amountMinor: -1n }],
  };
  expect(violations(aProtocol({ tariffs: [tariff, dear] }))).toEqual([
    "agreement.tariffs[1].currency_code: XXX is not known",
    "agreement.tariffs[1].prices: a costs less than nothing",
    "agreement.tariffs: two of them share a day",
  ]);
});

test("asks of every answer time a grace for answers that are under way", () => {
  const time = { workingDays: 5, calendars: ["UZ"], graceHours: 0 };
  expect(withClause(aClause("answer-without-grace", { kind: "ANSWER_TIME", time }))).toEqual([
    "agreement.clauses[7].answer_time.grace_hours: leaves less than 1 hour of grace for answers under way",
  ]);
  const contest = aClause("contest-without-grace", { kind: "CONTEST_TIME", time });
  expect(withClause(contest)).toEqual([]);
});
