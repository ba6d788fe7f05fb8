import { type CountryCalendar, off, type Reason, swapped } from "../entry.ts";

const code = "Labour Code of the Russian Federation, article 112";
const observed = `${code}: a holiday on a weekend gives the next working day off`;
const resolution2024 = "Government resolution 1314 of 10 August 2023 (consultant.ru LAW_455140)";
const resolution2025 = "Government resolution 1335 of 4 October 2024 (consultant.ru LAW_481586)";
const resolution2026 = "Government resolution 1466 of 24 September 2025 (consultant.ru LAW_515170)";
const resolution2027 = "Government resolution on days off in 2027 (consultant.ru LAW_544706)";

const newYear: Reason = ["New Year holidays", code];
const christmas: Reason = ["Christmas", code];
const defender: Reason = ["Defender of the Fatherland Day", code];
const women: Reason = ["International Women's Day", code];
const labour: Reason = ["Spring and Labour Day", code];
const victory: Reason = ["Victory Day", code];
const russiaDay: Reason = ["Russia Day", code];
const unity: Reason = ["National Unity Day", code];

/** Russia, federal days. Days that a region adds are left out. */
export const russia: CountryCalendar = {
  country: "RU",
  years: [
    {
      year: 2024,
      complete: true,
      entries: [
        off("2024-01-01", newYear),
        off("2024-01-02", newYear),
        off("2024-01-03", newYear),
        off("2024-01-04", newYear),
        off("2024-01-05", newYear),
        off("2024-01-08", newYear),
        off("2024-02-23", defender),
        off("2024-03-08", women),
        ...swapped({ off: "2024-04-29", works: "2024-04-27" }, resolution2024),
        ...swapped({ off: "2024-04-30", works: "2024-11-02" }, resolution2024),
        off("2024-05-01", labour),
        off("2024-05-09", victory),
        off("2024-05-10", ["day off moved from Saturday 6 January", resolution2024]),
        off("2024-06-12", russiaDay),
        off("2024-11-04", unity),
        ...swapped({ off: "2024-12-30", works: "2024-12-28" }, resolution2024),
        off("2024-12-31", ["day off moved from Sunday 7 January", resolution2024]),
      ],
    },
    {
      year: 2025,
      complete: true,
      entries: [
        off("2025-01-01", newYear),
        off("2025-01-02", newYear),
        off("2025-01-03", newYear),
        off("2025-01-06", newYear),
        off("2025-01-07", christmas),
        off("2025-01-08", newYear),
        off("2025-05-01", labour),
        off("2025-05-02", ["day off moved from Saturday 4 January", resolution2025]),
        off("2025-05-08", ["day off moved from Sunday 23 February", resolution2025]),
        off("2025-05-09", victory),
        off("2025-06-12", russiaDay),
        off("2025-06-13", ["day off moved from Saturday 8 March", resolution2025]),
        ...swapped({ off: "2025-11-03", works: "2025-11-01" }, resolution2025),
        off("2025-11-04", unity),
        off("2025-12-31", ["day off moved from Sunday 5 January", resolution2025]),
      ],
    },
    {
      year: 2026,
      complete: true,
      note: "Lists older than 24 September 2025 lack 9 January and 31 December.",
      entries: [
        off("2026-01-01", newYear),
        off("2026-01-02", newYear),
        off("2026-01-05", newYear),
        off("2026-01-06", newYear),
        off("2026-01-07", christmas),
        off("2026-01-08", newYear),
        off("2026-01-09", ["day off moved from Saturday 3 January", resolution2026]),
        off("2026-02-23", defender),
        off("2026-03-09", ["International Women's Day, for Sunday 8 March", observed]),
        off("2026-05-01", labour),
        off("2026-05-11", ["Victory Day, for Saturday 9 May", observed]),
        off("2026-06-12", russiaDay),
        off("2026-11-04", unity),
        off("2026-12-31", ["day off moved from Sunday 4 January", resolution2026]),
      ],
    },
    {
      year: 2027,
      complete: false,
      note:
        "The resolution's own text was not seen; its moved days are those that the PyPI package " +
        "holidays 0.109 lists from it.",
      entries: [
        off("2027-01-01", newYear),
        off("2027-01-04", newYear),
        off("2027-01-05", newYear),
        off("2027-01-06", newYear),
        off("2027-01-07", christmas),
        off("2027-01-08", newYear),
        ...swapped({ off: "2027-02-22", works: "2027-02-20" }, resolution2027),
        off("2027-02-23", defender),
        off("2027-03-08", women),
        off("2027-05-03", ["Spring and Labour Day, for Saturday 1 May", observed]),
        off("2027-05-10", ["Victory Day, for Sunday 9 May", observed]),
        off("2027-06-14", ["Russia Day, for Saturday 12 June", observed]),
        off("2027-11-04", unity),
        off("2027-11-05", ["day off moved from Saturday 2 January", resolution2027]),
        off("2027-12-31", ["day off moved from Sunday 3 January", resolution2027]),
      ],
    },
  ],
};
