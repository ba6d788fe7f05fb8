import { type CountryCalendar, off, type Reason, swapped } from "../entry.ts";

const law = "Law 753 of 2 August 2011, On holidays (portali-huquqi.tj 12997)";
const observed = `${law}: a holiday on a weekend gives the next working day off`;
const government2025 = "Government resolution on days off in 2025";
const government2026 = "Government resolution on days off in 2026";

const newYear: Reason = ["New Year", law];
const navruz: Reason = ["Navruz", law];
const mothers: Reason = ["Mother's Day", law];
const victory: Reason = ["Victory Day", law];
const unity: Reason = ["National Unity Day", law];
const independence: Reason = ["Independence Day", law];
const constitution: Reason = ["Constitution Day", law];
const lunar = {
  estimated: true,
  note: "By the calendar of the year; the announcement was not seen.",
};
const transfersUnseen =
  "The government's resolution on moved days off was not seen: a swapped Saturday may be " +
  "missing. The PyPI package holidays 0.109 has neither swaps nor the days off for holidays on " +
  "a weekend; the press of each year has both.";
const computed = {
  estimated: true,
  note: "By the computed moon; it may fall a day earlier or later.",
};

/** Tajikistan. Four days of Navruz; every holiday on a weekend is made up for. */
export const tajikistan: CountryCalendar = {
  country: "TJ",
  years: [
    {
      year: 2024,
      complete: false,
      note: transfersUnseen,
      entries: [
        off("2024-01-01", newYear),
        off("2024-03-08", mothers),
        off("2024-03-21", navruz),
        off("2024-03-22", navruz),
        off("2024-03-25", ["Navruz, for Saturday 23 March", observed]),
        off("2024-03-26", ["Navruz, for Sunday 24 March", observed]),
        off("2024-04-10", ["Idi Ramazon", law]),
        off("2024-05-09", victory),
        off("2024-06-17", ["Idi Qurbon, for Sunday 16 June", observed]),
        off("2024-06-27", unity),
        off("2024-09-09", independence),
        off("2024-11-06", constitution),
      ],
    },
    {
      year: 2025,
      complete: false,
      note: transfersUnseen,
      entries: [
        off("2025-01-01", newYear),
        off("2025-03-10", ["Mother's Day, for Saturday 8 March", observed]),
        off("2025-03-21", navruz),
        off("2025-03-24", navruz),
        off("2025-03-25", ["Navruz, for Saturday 22 March", observed]),
        off("2025-03-26", ["Navruz, for Sunday 23 March", observed]),
        off("2025-03-31", ["Idi Ramazon, for Sunday 30 March", observed]),
        off("2025-05-09", victory),
        off("2025-06-06", ["Idi Qurbon", law]),
        off("2025-06-27", unity),
        off("2025-09-09", independence),
        off("2025-11-06", constitution),
        ...swapped({ off: "2025-11-07", works: "2025-11-01" }, government2025, {
          estimated: true,
          note: "Press: a six-day working week came before; the Saturday is inferred.",
        }),
      ],
    },
    {
      year: 2026,
      complete: true,
      note: "116 days off in all, as published in December 2025, two of them for worked Saturdays.",
      entries: [
        off("2026-01-01", newYear),
        ...swapped({ off: "2026-01-02", works: "2026-01-10" }, government2026),
        off("2026-03-09", ["Mother's Day, for Sunday 8 March", observed]),
        off("2026-03-20", ["Idi Ramazon", law], lunar),
        off("2026-03-23", navruz),
        off("2026-03-24", navruz),
        off("2026-03-25", ["Navruz, for Saturday 21 March", observed]),
        off("2026-03-26", ["Navruz, for Sunday 22 March", observed]),
        ...swapped({ off: "2026-03-27", works: "2026-03-14" }, government2026),
        off("2026-05-11", ["Victory Day, for Saturday 9 May", observed]),
        off("2026-05-27", ["Idi Qurbon", law], lunar),
        off("2026-06-29", ["National Unity Day, for Saturday 27 June", observed]),
        off("2026-09-09", independence),
        off("2026-11-06", constitution),
      ],
    },
    {
      year: 2027,
      complete: false,
      note: transfersUnseen,
      entries: [
        off("2027-01-01", newYear),
        off("2027-03-08", mothers),
        off("2027-03-09", ["Idi Ramazon", law], computed),
        off("2027-03-22", navruz),
        off("2027-03-23", navruz),
        off("2027-03-24", navruz),
        off("2027-03-25", ["Navruz, for Sunday 21 March", observed]),
        off("2027-05-10", ["Victory Day, for Sunday 9 May", observed]),
        off("2027-05-17", ["Idi Qurbon, for Sunday 16 May", observed], computed),
        off("2027-06-28", ["National Unity Day, for Sunday 27 June", observed]),
        off("2027-09-09", independence),
        off("2027-11-08", ["Constitution Day, for Saturday 6 November", observed]),
      ],
    },
  ],
};
