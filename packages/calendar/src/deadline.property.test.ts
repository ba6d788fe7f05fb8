import fc from "fast-check";
import { expect, test } from "vitest";
import { addWorkingDays } from "./deadline.ts";
import { isWorkingDay, workingDaysBetween } from "./working-days.ts";

const firstDay = Temporal.PlainDate.from("2023-12-31");
const settings = { seed: 20261107, numRuns: 300 };

// Starts in the first three years and counts at most 200 days, so that it stays inside the tables.
const input = fc.record({
  calendars: fc.uniqueArray(fc.constantFrom("KZ", "UZ", "KG", "TJ", "RU"), {
    minLength: 1,
    maxLength: 5,
  }),
  from: fc.integer({ min: 0, max: 1_060 }).map((days) => firstDay.add({ days })),
  days: fc.integer({ min: 1, max: 100 }),
});
const more = fc.integer({ min: 1, max: 100 });

test("ends on a day that works in every country", () => {
  fc.assert(
    fc.property(input, (count) => {
      const { date } = addWorkingDays(count);
      expect(count.calendars.every((country) => isWorkingDay(country, date))).toBe(true);
    }),
    settings,
  );
});

test("a then b working days are a + b working days", () => {
  fc.assert(
    fc.property(input, more, (count, days) => {
      const inTwo = addWorkingDays({ ...count, from: addWorkingDays(count).date, days });
      const inOne = addWorkingDays({ ...count, days: count.days + days });
      expect(inTwo.date.toString()).toBe(inOne.date.toString());
    }),
    settings,
  );
});

test("never ends earlier for a later start, one more day or one more country", () => {
  fc.assert(
    fc.property(input, fc.integer({ min: 0, max: 30 }), (count, days) => {
      const { date } = addWorkingDays(count);
      const later = addWorkingDays({ ...count, from: count.from.add({ days }) }).date;
      const longer = addWorkingDays({ ...count, days: count.days + 1 }).date;
      const wider = addWorkingDays({ ...count, calendars: [...count.calendars, "KG"] }).date;
      expect(Temporal.PlainDate.compare(later, date)).toBeGreaterThanOrEqual(0);
      expect(Temporal.PlainDate.compare(longer, date)).toBe(1);
      expect(Temporal.PlainDate.compare(wider, date)).toBeGreaterThanOrEqual(0);
    }),
    settings,
  );
});

test("accounts for every day: counted ones and explained ones", () => {
  fc.assert(
    fc.property(input, (count) => {
      const { date, explanation } = addWorkingDays(count);
      expect(workingDaysBetween(count.calendars, count.from, date)).toBe(count.days);
      expect(count.from.until(date).days).toBe(count.days + explanation.length);
      for (const { offIn } of explanation) expect(offIn.length).toBeGreaterThan(0);
    }),
    settings,
  );
});
