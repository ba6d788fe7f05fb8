import { expect, test } from "vitest";
import { writeHtml } from "./report-html.ts";
import { writeText } from "./report-text.ts";
import { astanaYear } from "./scenario.ts";
import { simulate } from "./simulate.ts";

const scenario = { ...astanaYear, lastDate: "2026-02-27" };
const asked = { scenario, seed: 5, patients: 60, checkEvery: 1 };
const report = simulate(asked, () => undefined);

test("gives the same report for the same seed, and another for another", () => {
  expect(simulate(asked, () => undefined)).toEqual(report);
  expect(simulate({ ...asked, seed: 6 }, () => undefined)).not.toEqual(report);
});

test("books nothing twice, and only what the verifier of certificates accepts", () => {
  const proof = report.ours.groups.find(({ title }) => title === "Proof")?.figures;
  expect(proof?.map(({ value }) => value)).toEqual([0, expect.any(Number), 0]);
  expect(proof?.[1]?.value).toBeGreaterThan(60);
  expect(report.rejected).toEqual([]);
});

test("writes both planners side by side, as text and as a page that needs nothing from elsewhere", () => {
  expect(writeText(report)).toContain("room hours used");
  const page = writeHtml(report);
  expect(page.match(/<svg /g)?.length).toBe(10);
  expect(page).not.toMatch(/<script|https?:|NaN|undefined/);
});
