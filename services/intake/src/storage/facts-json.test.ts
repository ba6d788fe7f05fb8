import { expect, test } from "vitest";
import { afterAnswers, answers, aReferral } from "../domain/case.builder.ts";
import { fromFactsJson, toFactsJson } from "./facts-json.ts";

test("gives back the facts of a case as they were put in", () => {
  const all = [answers.granted(), answers.held(), answers.estimated(), answers.guaranteed()];
  const { facts } = afterAnswers(aReferral(), ...all);
  const back = fromFactsJson<typeof facts>(JSON.parse(toFactsJson(facts)));
  expect(back).toEqual(facts);
  expect(back.guarantee?.cap.amountMinor).toBe(120n);
  expect(back.triageBy.expireAt).toBeInstanceOf(Temporal.Instant);
  expect(back.submission.referralDate).toBeInstanceOf(Temporal.PlainDate);
});
