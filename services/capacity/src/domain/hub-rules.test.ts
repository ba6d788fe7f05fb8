import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { aHubDocument, aResource, aTemplate, dailyRules, monday, testNow } from "./hub.builder.ts";
import type { CourseTemplate, HubDocument, ResourceUse, SessionShape } from "./hub.ts";
import { checkHubDocument } from "./hub-rules.ts";

function violationsOf(document: Partial<HubDocument>): string[] {
  try {
    checkHubDocument(aHubDocument(document), testNow);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return (error.violations ?? []).map(({ field, description }) => `${field} ${description}`);
  }
}

const withTemplate = (parts: Partial<CourseTemplate>) => ({ templates: [aTemplate(parts)] });
const use = (kind: ResourceUse["kind"]): ResourceUse => {
  return { kind, offsetMinutes: 0, minutes: 30, onlyUnderAnaesthesia: false };
};
const phase = (parts: { session?: SessionShape; firstSession?: SessionShape }) => {
  const counts = { sessionCount: 2, sessionCountMin: 1, sessionCountMax: 2 };
  return { phases: [{ id: "main", ...counts, ...parts }] };
};
const beds = (parts: object) => ({
  pools: [{ id: "picu", kind: "BED" as const, capacity: 2, serves: [], ...parts }],
  templates: [aTemplate()],
});
const step = (id: string, leadDaysMin: number, leadDaysMax: number) => {
  return { id, leadDaysMin, leadDaysMax, uses: [use("ROOM")] };
};
const stay = (presentPpm: number[], ages = { ageMonthsMin: 0, ageMonthsMax: 0 }) => ({
  stays: [
    {
      id: "intensive-care",
      pool: "picu",
      fromDay: 0,
      days: 3,
      distributions: [{ statCategories: [], ...ages, presentPpm }],
    },
  ],
});
const change = { firstDate: monday, lastDate: monday.subtract({ days: 1 }), capacity: 1 };

test("a document whose parts fit each other is accepted", () => {
  expect(violationsOf({})).toEqual([]);
});

test.each<[string, Partial<HubDocument>, string]>([
  [
    "a team that is mirrored",
    {
      resources: [
        ...aHubDocument().resources,
        { ...aResource("t", "ANAESTHESIA_TEAM"), mirrorGroup: "a" },
      ],
    },
    "hub.resources[7].mirror_group only rooms and theatres are mirrored",
  ],
  [
    "a reserve of more beds than there are",
    beds({ emergencyReserve: 3 }),
    "hub.pools[0].emergency_reserve is more than there are",
  ],
  [
    "a change of beds that ends before it begins",
    beds({ changes: [{ ...change, reason: "staffing" }] }),
    "hub.pools[0].changes[0].last_date lies before the first",
  ],
  [
    "a beam with an emergency reserve",
    {
      pools: [{ id: "beam", kind: "BEAM", capacity: 20, serves: [], emergencyReserve: 1 }],
      templates: [aTemplate()],
    },
    "hub.pools[0] has what only pools of beds have",
  ],
  [
    "a reserve that opens before it is full",
    { urgentReserves: [{ kind: "ROOM", minutesPerWeek: 60, fullDays: 7, openDays: 7 }] },
    "hub.urgent_reserves[0].open_days is not less than full_days",
  ],
  [
    "a reserve of what is no site",
    { urgentReserves: [{ kind: "PACU_BAY", minutesPerWeek: 60, fullDays: 7, openDays: 1 }] },
    "hub.urgent_reserves[0].kind is no kind of sites",
  ],
  [
    "a phase in another kind of site",
    withTemplate(phase({ session: { uses: [use("THEATRE")], beam: undefined } })),
    "hub.templates[0].phases[0].session.uses its site is not of the template's kind",
  ],
  [
    "a first session without a site",
    withTemplate(phase({ firstSession: { uses: [use("PACU_BAY")], beam: undefined } })),
    "hub.templates[0].phases[0].first_session.uses uses exactly one room or theatre, in every session",
  ],
  [
    "a step that uses what the hub has not",
    withTemplate({ preparation: [{ ...step("images", 5, 9), uses: [use("IMAGING")] }] }),
    "hub.templates[0].preparation[0].uses the hub has no IMAGING",
  ],
  [
    "a step with its least lead above its greatest",
    withTemplate({ preparation: [step("mask", 9, 5)] }),
    "hub.templates[0].preparation[0].lead_days_max is less than the fewest",
  ],
  [
    "steps in the wrong order",
    withTemplate({ preparation: [step("planning", 1, 3), step("images", 8, 12)] }),
    "hub.templates[0].preparation[1].lead_days_min would come before the step that it follows",
  ],
  [
    "a patient who comes back",
    withTemplate(stay([1_000_000, 200_000, 300_000])),
    "hub.templates[0].stays[0].distributions[0].present_ppm rises from one day to the next",
  ],
  [
    "ages in the wrong order",
    withTemplate(stay([1_000_000], { ageMonthsMin: 12, ageMonthsMax: 6 })),
    "hub.templates[0].stays[0].distributions[0].age_months_max is less than the least age",
  ],
  [
    "two sessions a day without the gap between them",
    withTemplate({ rules: { ...dailyRules, compensations: ["SAME_DAY"] } }),
    "hub.templates[0].rules.same_day_gap_hours is less than six hours for a lost day",
  ],
  [
    "a block of the morning that ends before it begins",
    withTemplate({ rules: { ...dailyRules, anaesthesiaWindow: { start: 600, end: 500 } } }),
    "hub.templates[0].rules.anaesthesia_window.end is not after the start",
  ],
])("%s is refused by its field", (_, document, violation) => {
  expect(violationsOf(document)).toEqual([violation]);
});
