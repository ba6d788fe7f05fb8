import { type CountryCalendar, off, type Reason, swapped } from "../entry.ts";

const code = "Labour Code of 28 October 2022, article 208 (lex.uz/docs/-6257288)";
const observed = `${code}: a holiday on a weekend gives the next working day off`;
const decree2024 = "Presidential decree on days off in 2024 (lex.uz/docs/-6704048)";
const decree2025 = "Presidential resolution on the New Year of 2025 (lex.uz/docs/-7275687)";
const decree2026 = "Presidential decree of 24 December 2025 (lex.uz/docs/-7938920)";
const eid2024 = "Presidential resolution of 11 June 2024 on Qurbon hayit";
const fitr2025 = "Presidential resolution of March 2025 on Ramazon hayit";
const adha2025 = "Presidential resolution of May 2025 on Qurbon hayit";
const fitr2026 = "Presidential resolution PQ-106 of 17 March 2026 (lex.uz/uz/docs/-8090629)";
const adha2026 = "Presidential resolution PQ-194 of 20 May 2026 (lex.uz/uz/docs/-8212928)";

const newYear: Reason = ["New Year", code];
const women: Reason = ["Women's Day", code];
const navruz: Reason = ["Navruz", code];
const memory: Reason = ["Day of Memory and Honour", code];
const independence: Reason = ["Independence Day", code];
const teachers: Reason = ["Teachers and Instructors Day", code];
const constitution: Reason = ["Constitution Day", code];
const lunar = {
  estimated: true,
  note: "By the computed moon; it may fall a day earlier or later.",
};

/**
 * Uzbekistan, five-day week. Days off that its decrees give to the six-day week alone are left out.
 */
export const uzbekistan: CountryCalendar = {
  country: "UZ",
  years: [
    {
      year: 2024,
      complete: true,
      entries: [
        off("2024-01-01", newYear),
        ...swapped({ off: "2024-01-02", works: "2024-01-06" }, decree2024),
        off("2024-03-08", women),
        off("2024-03-21", navruz),
        off("2024-03-22", ["additional day off", decree2024]),
        off("2024-04-10", ["Ramazon hayit", code]),
        off("2024-04-11", ["additional day off", decree2024]),
        ...swapped({ off: "2024-04-12", works: "2024-04-13" }, decree2024),
        off("2024-05-09", memory),
        off("2024-06-17", ["Qurbon hayit, for Sunday 16 June", eid2024]),
        off("2024-06-18", ["additional day off", eid2024]),
        off("2024-09-02", ["Independence Day, for Sunday 1 September", observed]),
        off("2024-09-03", ["additional day off", decree2024]),
        off("2024-10-01", teachers),
        off("2024-12-09", ["Constitution Day, for Sunday 8 December", observed]),
        ...swapped({ off: "2024-12-30", works: "2024-12-14" }, decree2024),
        off("2024-12-31", ["additional day off", decree2024]),
      ],
    },
    {
      year: 2025,
      complete: true,
      entries: [
        off("2025-01-01", newYear),
        ...swapped({ off: "2025-01-02", works: "2025-01-04" }, decree2025),
        off("2025-03-10", ["Women's Day, for Saturday 8 March", observed]),
        off("2025-03-21", navruz),
        off("2025-03-31", ["Ramazon hayit, for Sunday 30 March", fitr2025]),
        off("2025-05-09", memory),
        off("2025-06-06", ["Qurbon hayit", adha2025]),
        off("2025-09-01", independence),
        off("2025-10-01", teachers),
        off("2025-12-08", constitution),
        off("2025-12-31", ["additional day off", decree2026]),
      ],
    },
    {
      year: 2026,
      complete: true,
      entries: [
        off("2026-01-01", newYear),
        off("2026-01-02", ["additional day off", decree2026]),
        off("2026-03-09", ["Women's Day, for Sunday 8 March", observed]),
        off("2026-03-20", ["Ramazon hayit", fitr2026]),
        off("2026-03-23", ["Navruz, for Saturday 21 March", observed]),
        off("2026-05-11", ["Day of Memory and Honour, for Saturday 9 May", observed]),
        off("2026-05-27", ["Qurbon hayit", adha2026]),
        off("2026-05-28", ["additional day off", decree2026]),
        off("2026-05-29", ["additional day off", decree2026]),
        off("2026-08-31", ["additional day off", decree2026]),
        off("2026-09-01", independence),
        off("2026-10-01", teachers),
        off("2026-12-08", constitution),
        ...swapped({ off: "2026-12-31", works: "2026-12-12" }, decree2026),
      ],
    },
    {
      year: 2027,
      complete: false,
      note:
        "By the code of 2022: the decrees on additional days off and swapped Saturdays of 2027, " +
        "and those on both feasts, were not seen.",
      entries: [
        off("2027-01-01", newYear),
        off("2027-03-08", women),
        off("2027-03-09", ["Ramazon hayit", code], lunar),
        off("2027-03-22", ["Navruz, for Sunday 21 March", observed]),
        off("2027-05-10", ["Day of Memory and Honour, for Sunday 9 May", observed]),
        off("2027-05-17", ["Qurbon hayit, for Sunday 16 May", observed], lunar),
        off("2027-09-01", independence),
        off("2027-10-01", teachers),
        off("2027-12-08", constitution),
      ],
    },
  ],
};
