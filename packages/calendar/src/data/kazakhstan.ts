import { type CountryCalendar, off, type Reason, swapped } from "../entry.ts";

const law = "Law 267-II of 13 December 2001, On holidays (adilet.zan.kz Z010000267_)";
const observed = `${law}, article 5: a holiday on a weekend gives the next working day off`;
const code = "Labour Code 414-V of 23 November 2015, article 84";
const order2024 =
  "Order 109 of the Minister of Labour of 17 April 2024 (adilet.zan.kz G24G0000109)";
const order2025 = "Order 436 of the Minister of Labour, 2024 (adilet.zan.kz G24G0000436)";

const newYear: Reason = ["New Year", law];
const women: Reason = ["International Women's Day", law];
const nauryz: Reason = ["Nauryz", law];
const unity: Reason = ["Day of the Unity of the People", law];
const defender: Reason = ["Defender of the Fatherland Day", law];
const victory: Reason = ["Victory Day", law];
const capital: Reason = ["Capital Day", law];
const republic: Reason = ["Republic Day", law];
const constitution: Reason = ["Constitution Day", `${law}; ministry of labour, 18 March 2026`];
const independence: Reason = ["Independence Day", law];
const christmas: Reason = ["Orthodox Christmas", code];
const kurbanAit: Reason = ["Kurban Ait, first day", code];

/**
 * Kazakhstan. Orthodox Christmas and Kurban Ait are rest days of the Labour Code: on a weekend they
 * are not moved.
 */
export const kazakhstan: CountryCalendar = {
  country: "KZ",
  years: [
    {
      year: 2024,
      complete: true,
      note:
        "Christmas (Sunday 7 January) and Kurban Ait (Sunday 16 June) gave no other day off. " +
        "The year's first calendar had Kurban Ait on Monday 17 June; on 7 June the ministry " +
        "took that day off back.",
      entries: [
        off("2024-01-01", newYear),
        off("2024-01-02", newYear),
        off("2024-03-08", women),
        off("2024-03-21", nauryz),
        off("2024-03-22", nauryz),
        off("2024-03-25", ["Nauryz, for Saturday 23 March", observed]),
        off("2024-05-01", unity),
        off("2024-05-07", defender),
        ...swapped({ off: "2024-05-08", works: "2024-05-04" }, order2024),
        off("2024-05-09", victory),
        off("2024-07-08", ["Capital Day, for Saturday 6 July", observed]),
        off("2024-08-30", ["Constitution Day", law]),
        off("2024-10-25", republic),
        off("2024-12-16", independence),
      ],
    },
    {
      year: 2025,
      complete: true,
      entries: [
        off("2025-01-01", newYear),
        off("2025-01-02", newYear),
        ...swapped({ off: "2025-01-03", works: "2025-01-05" }, order2025),
        off("2025-01-07", christmas),
        off("2025-03-10", ["International Women's Day, for Saturday 8 March", observed]),
        off("2025-03-21", nauryz),
        off("2025-03-24", ["Nauryz, for Saturday 22 March", observed]),
        off("2025-03-25", ["Nauryz, for Sunday 23 March", observed]),
        off("2025-05-01", unity),
        off("2025-05-07", defender),
        off("2025-05-09", victory),
        off("2025-06-06", kurbanAit),
        off("2025-07-07", ["Capital Day, for Sunday 6 July", observed]),
        off("2025-09-01", ["Constitution Day, for Saturday 30 August", observed]),
        off("2025-10-27", ["Republic Day, for Saturday 25 October", observed]),
        off("2025-12-16", independence),
      ],
    },
    {
      year: 2026,
      complete: true,
      note:
        "Monday 31 August works: after the referendum of 15 March 2026 Constitution Day is no " +
        "longer 30 August, and the ministry of labour said on 18 March that 15 March is a day " +
        "off from 2027 on. The calendar published before the referendum still had 31 August " +
        "off, and the npm package date-holidays has 15 March off in 2026.",
      entries: [
        off("2026-01-01", newYear),
        off("2026-01-02", newYear),
        off("2026-01-07", christmas),
        off("2026-03-09", ["International Women's Day, for Sunday 8 March", observed]),
        off("2026-03-23", nauryz),
        off("2026-03-24", ["Nauryz, for Saturday 21 March", observed]),
        off("2026-03-25", ["Nauryz, for Sunday 22 March", observed]),
        off("2026-05-01", unity),
        off("2026-05-07", defender),
        off("2026-05-11", ["Victory Day, for Saturday 9 May", observed]),
        off("2026-05-27", kurbanAit, {
          estimated: true,
          note: "From the calendar published in January; the final announcement was not seen.",
        }),
        off("2026-07-06", capital),
        off("2026-10-26", ["Republic Day, for Sunday 25 October", observed]),
        off("2026-12-16", independence),
      ],
    },
    {
      year: 2027,
      complete: false,
      note:
        "No order of the ministry that moves a day off was seen. Kurban Ait is expected on Sunday " +
        "16 May, which gives no other day off; a day later it would take Monday 17 May.",
      entries: [
        off("2027-01-01", newYear),
        off("2027-01-04", ["New Year, for Saturday 2 January", observed]),
        off("2027-01-07", christmas),
        off("2027-03-08", women),
        off("2027-03-15", constitution),
        off("2027-03-22", nauryz),
        off("2027-03-23", nauryz),
        off("2027-03-24", ["Nauryz, for Sunday 21 March", observed]),
        off("2027-05-03", ["Day of the Unity of the People, for Saturday 1 May", observed]),
        off("2027-05-07", defender),
        off("2027-05-10", ["Victory Day, for Sunday 9 May", observed]),
        off("2027-07-06", capital),
        off("2027-10-25", republic),
        off("2027-12-16", independence),
      ],
    },
  ],
};
