import { createDemand } from "@carehub/capacity/domain/demand";
import { dateOfDay } from "@carehub/capacity/domain/hub-time";
import { planCourse } from "@carehub/capacity/domain/planner";
import { expect, test } from "vitest";
import { drawPatients } from "./arrivals.ts";
import { findCourse } from "./find-course.ts";
import { createLedger } from "./ledger.ts";
import { writeHtml } from "./report-html.ts";
import { writeText } from "./report-text.ts";
import { astanaYear } from "./scenario.ts";
import { readScenarioHub } from "./scenario-hub.ts";
import { simulate } from "./simulate.ts";
import { takesOfPlan } from "./treatment.ts";

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

test("finds the very course that the planner finds", () => {
  const hub = readScenarioHub();
  const ledger = createLedger(hub);
  const patients = drawPatients(scenario, hub, { seed: 2, patients: 40 });
  // Of fast tumours the planner itself takes long.
  for (const { plan, readyDay, arrivalDay } of patients.filter(({ category }) => category !== 1)) {
    const dates = { readyDate: dateOfDay(readyDay), dueDate: dateOfDay(readyDay + 3) };
    const now = dateOfDay(arrivalDay).toZonedDateTime(hub.document.zone).toInstant();
    const demand = createDemand(hub, { ...plan, ...dates }, now);
    const context = { demand, availability: ledger.availability() };
    const found = planCourse(context);
    const course = findCourse(context);
    expect(course).toEqual(found.kind === "fits" ? found.course : undefined);
    if (course !== undefined) ledger.take(takesOfPlan(course.sessions, course.preparation));
  }
});
