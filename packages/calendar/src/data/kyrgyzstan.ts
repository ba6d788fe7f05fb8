import { type CountryCalendar, off, type Reason, swapped } from "../entry.ts";

const oldCode = "Labour Code of 4 August 2004, article 113";
const code = "Labour Code of 23 January 2025 (cbd.minjust.gov.kg/3-45)";
const cabinet2024 = "Cabinet act on days off in 2024 (cbd.minjust.gov.kg/7-22932)";
const cabinet2025 = "Cabinet act of December 2024 on days off in 2025 (cbd.minjust.gov.kg/7-36549)";

const moved = (day: string): Reason => [`day off moved from ${day}`, cabinet2024];
const newYearHolidays: Reason = ["New Year holidays", code];
const mayHolidays: Reason = ["May holidays", code];
const lunar = {
  estimated: true,
  note: "By the computed moon; it may fall a day earlier or later.",
};

/** Kyrgyzstan, in the five-day week of its Labour Code. */
export const kyrgyzstan: CountryCalendar = {
  country: "KG",
  years: [
    {
      year: 2024,
      complete: true,
      note:
        "Mondays 8 January, 8 April, 6 May and 2 September, off by the code for holidays on a " +
        "weekend, were worked in exchange for other days.",
      entries: [
        off("2024-01-01", ["New Year", oldCode]),
        off("2024-01-02", moved("Monday 8 January")),
        ...swapped({ off: "2024-01-03", works: "2024-01-27" }, cabinet2024),
        ...swapped({ off: "2024-01-04", works: "2024-03-02" }, cabinet2024),
        off("2024-01-05", moved("Monday 2 September")),
        off("2024-02-23", ["Fatherland Defender's Day", oldCode]),
        off("2024-03-08", ["International Women's Day", oldCode]),
        off("2024-03-21", ["Nooruz", oldCode]),
        off("2024-03-22", moved("Monday 8 April")),
        off("2024-04-10", ["Orozo ait", cabinet2024]),
        off("2024-05-01", ["Labour Day", oldCode]),
        off("2024-05-02", moved("Monday 6 May")),
        ...swapped({ off: "2024-05-03", works: "2024-05-11" }, cabinet2024),
        off("2024-05-09", ["Victory Day", oldCode]),
        off("2024-06-17", ["Kurman ait", cabinet2024]),
        off("2024-11-07", ["Days of History and Commemoration of Ancestors", oldCode]),
        off("2024-11-08", ["Days of History and Commemoration of Ancestors", oldCode]),
      ],
    },
    {
      year: 2025,
      complete: true,
      note:
        "The new code ended days off for holidays on a weekend and working Saturdays; 23 " +
        "February, 7 April and 7-8 November work since. The act on days off in 2025 was " +
        "repealed by it (cbd.minjust.gov.kg/7-38206).",
      entries: [
        off("2025-01-01", ["New Year", oldCode]),
        ...swapped({ off: "2025-01-02", works: "2025-01-11" }, cabinet2025),
        off("2025-01-03", ["day off moved from Monday 24 February", cabinet2025]),
        off("2025-01-06", ["day off moved from Monday 10 March", cabinet2025]),
        off("2025-01-07", ["Christmas", oldCode]),
        off("2025-03-21", ["Nooruz", code]),
        off("2025-05-01", ["Labour Day", code]),
        off("2025-05-02", mayHolidays),
        off("2025-05-05", ["Constitution Day", code]),
        off("2025-05-06", mayHolidays),
        off("2025-05-07", mayHolidays),
        off("2025-05-08", mayHolidays),
        off("2025-05-09", ["Victory Day", code]),
        off("2025-06-06", ["Kurman ait", code]),
      ],
    },
    {
      year: 2026,
      complete: true,
      note:
        "A Cabinet resolution of December 2025, as the press reported it, gave 8 and 9 January to " +
        "bodies paid from the budget and recommended it to others. It is no day off of the code, " +
        "its text was not seen, and counts of the year leave it out: both days work here.",
      entries: [
        off("2026-01-01", ["New Year", code]),
        off("2026-01-02", newYearHolidays),
        off("2026-01-05", newYearHolidays),
        off("2026-01-06", newYearHolidays),
        off("2026-01-07", ["Christmas", code]),
        off("2026-03-20", ["Orozo ait", `${code}; ministry of labour, 11 March 2026`]),
        off("2026-05-01", ["Labour Day", code]),
        off("2026-05-04", mayHolidays),
        off("2026-05-05", ["Constitution Day", code]),
        off("2026-05-06", mayHolidays),
        off("2026-05-07", mayHolidays),
        off("2026-05-08", mayHolidays),
        off("2026-05-27", ["Kurman ait", code]),
        off("2026-08-31", ["Independence Day", code]),
      ],
    },
    {
      year: 2027,
      complete: false,
      note:
        "By the code of 2025, which moves no holiday off a weekend: Nooruz (Sunday 21 March), " +
        "Victory Day (Sunday 9 May) and Kurman ait, expected on Sunday 16 May, give no other day " +
        "off; a day later it would take Monday 17 May. No act of the Cabinet for 2027 was seen.",
      entries: [
        off("2027-01-01", ["New Year", code]),
        off("2027-01-04", newYearHolidays),
        off("2027-01-05", newYearHolidays),
        off("2027-01-06", newYearHolidays),
        off("2027-01-07", ["Christmas", code]),
        off("2027-03-08", ["International Women's Day", code]),
        off("2027-03-09", ["Orozo ait", code], lunar),
        off("2027-05-03", mayHolidays),
        off("2027-05-04", mayHolidays),
        off("2027-05-05", ["Constitution Day", code]),
        off("2027-05-06", mayHolidays),
        off("2027-05-07", mayHolidays),
        off("2027-08-31", ["Independence Day", code]),
      ],
    },
  ],
};
