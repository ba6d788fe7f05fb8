import type { Patient } from "./arrivals.ts";
import { type CourseMeasures, measureCourses, measureUse, quantile, weeksOf } from "./measures.ts";
import type { Proof } from "./proof.ts";
import { countDoubleBookings } from "./proof.ts";
import { measureReserve } from "./reserve.ts";
import type { Happening, LossCause, YearOutcome } from "./year.ts";

/** One line of the report. */
export type Figure = { readonly label: string; readonly value: number; readonly digits: number };

/** Figures that belong together. */
export type FigureGroup = { readonly title: string; readonly figures: readonly Figure[] };

/** Everything that a report shows of one planner. */
export type Results = {
  readonly planner: string;
  readonly groups: readonly FigureGroup[];
  readonly weeks: readonly {
    readonly first: number;
    readonly openHours: number;
    readonly usedHours: number;
  }[];
  readonly replansByWeek: readonly { readonly outage: number; readonly missed: number }[];
  readonly waits: readonly { readonly label: string; readonly days: readonly number[] }[];
};

const figure = (label: string, value: number, digits = 0): Figure => ({ label, value, digits });

/** Counts and sums up a year. */
export function sumUp(happening: Happening, outcome: YearOutcome, proof: Proof): Results {
  const { hub, days, outages } = happening;
  const { treatments, recoveries } = outcome;
  const courses = measureCourses(treatments);
  const weeks = weeksOf(days);
  const use = measureUse(hub, treatments, weeks);
  const double = countDoubleBookings(hub, treatments, outages);
  return {
    planner: outcome.planner,
    groups: [
      patientFigures(outcome),
      useFigures(happening, outcome),
      waitFigures(courses),
      courseFigures(courses),
      recoveryFigures(outcome, courses),
      {
        title: "Proof",
        figures: [
          figure("double bookings, and sessions at what was closed", double + outcome.conflicts),
          figure("plans checked by verify-course", proof.checked),
          figure("of them not accepted", proof.rejected.length),
        ],
      },
    ],
    weeks: weeks.map(({ first }, at) => {
      return { first, openHours: use[at]?.openHours ?? 0, usedHours: use[at]?.usedHours ?? 0 };
    }),
    replansByWeek: weeks.map(({ first, last }) => {
      const count = (cause: LossCause) =>
        recoveries
          .filter((one) => one.cause === cause && first <= one.day && one.day <= last)
          .reduce((sum, { changed }) => sum + changed, 0);
      return { outage: count("OUTAGE"), missed: count("MISSED") };
    }),
    waits: groupsOf(courses).map(({ label, of }) => {
      return { label, days: of.map(({ waitDays }) => waitDays) };
    }),
  };
}

function patientFigures({ treatments }: YearOutcome): FigureGroup {
  const of = (...states: readonly string[]) =>
    treatments.filter(({ state }) => states.includes(state)).length;
  const begun = treatments.filter(({ given }) => given > 0);
  return {
    title: "Patients",
    figures: [
      figure("arrived", treatments.length),
      figure("of them from abroad", treatments.filter(({ patient }) => patient.isForeign).length),
      figure("begun", begun.length),
      figure("finished", of("FINISHED")),
      figure("booked, not begun by the end of the year", of("BOOKED")),
      figure("waiting without dates at the end", of("WAITING")),
      figure("cancelled before the first session", of("CANCELLED")),
      figure(
        "sessions given",
        treatments.reduce((sum, { given }) => sum + given, 0),
      ),
    ],
  };
}

function useFigures(happening: Happening, { treatments }: YearOutcome): FigureGroup {
  const { hub, days, outages } = happening;
  const [first = 0, last = 0] = [days[0], days.at(-1)];
  // From March on the first patients' courses are at their end, and the centre is as full as it gets.
  const fullFrom = first + 56;
  const [year, full] = measureUse(hub, treatments, [
    { first, last },
    { first: Math.min(fullFrom, last), last },
  ]);
  const share = (part = 0, whole = 0) => (whole === 0 ? 0 : (100 * part) / whole);
  const down = outages.reduce(
    (sum, { start, end, rooms }) => sum + (end - start) * rooms.length,
    0,
  );
  const reserve = measureReserve(hub, treatments, days);
  const children = treatments
    .filter(({ patient }) => patient.plan.underAnaesthesia)
    .flatMap(({ sessions, given }) => sessions.slice(0, given));
  const early = children.filter(({ start, day }) => start - hub.time.startOf(day) < 12 * 60);
  return {
    title: "Rooms and beam",
    figures: [
      figure("room hours used", year?.usedHours ?? 0),
      figure("share of open hours, %", share(year?.usedHours, year?.openHours), 1),
      figure("the same from the ninth week on, %", share(full?.usedHours, full?.openHours), 1),
      figure("beam hours", year?.beamHours ?? 0),
      figure("breakdowns", outages.length),
      figure("room hours lost to them, nights counted", down / 60),
      figure("hours kept for urgent patients", reserve.kept),
      figure("of them not used by urgent patients", reserve.notUrgent),
      figure("of these used by nobody", reserve.unused),
      figure("children's sessions under anaesthesia", children.length),
      figure("of them begun before noon, %", share(early.length, children.length), 1),
    ],
  };
}

function groupsOf(courses: readonly CourseMeasures[]) {
  const by = (label: string, test: (patient: Patient) => boolean) => {
    return { label, of: courses.filter(({ treatment }) => test(treatment.patient)) };
  };
  return [
    by("emergency", ({ priority }) => priority === "EMERGENCY"),
    by("urgent", ({ priority }) => priority === "URGENT"),
    by("routine", ({ priority }) => priority === "ROUTINE"),
    by("category 1", ({ category }) => category === 1),
    by("category 2", ({ category }) => category === 2),
    by("category 3", ({ category }) => category === 3),
  ];
}

function waitFigures(courses: readonly CourseMeasures[]): FigureGroup {
  return {
    title: "Days from ready to the first session",
    figures: groupsOf(courses).flatMap(({ label, of }) => {
      const days = of.map(({ waitDays }) => waitDays);
      const late = of.filter(({ treatment: { patient, sessions } }) => {
        return (sessions[0]?.day ?? 0) > patient.dueDay;
      });
      return [
        figure(`${label}, median`, quantile(days, 0.5)),
        figure(`${label}, 90th percentile`, quantile(days, 0.9)),
        figure(`${label}, begun after the day wanted`, late.length),
      ];
    }),
  };
}

function courseFigures(courses: readonly CourseMeasures[]): FigureGroup {
  const byCategory = [1, 2].map((category) => {
    const of = courses.filter(({ treatment }) => treatment.patient.category === category);
    const label = `category ${category}: longer than its limit, of ${of.length}`;
    return figure(label, of.filter(({ isProlonged }) => isProlonged).length);
  });
  const prolonged = courses.map(({ prolongationDays }) => prolongationDays);
  const gaps = courses.map(({ gapsTooLong }) => gapsTooLong);
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
  return {
    title: "Courses",
    figures: [
      ...byCategory.map((one) => ({ ...one, label: one.label.replace(/, of \d+/, "") })),
      figure("prolongation of all, mean days", sum(prolonged) / Math.max(1, courses.length), 2),
      figure("gaps longer than the template's greatest", sum(gaps)),
      figure("courses with such a gap", gaps.filter((count) => count > 0).length),
      figure("sessions away from the course's time of day", sum(courses.map((one) => one.offTime))),
      figure("sessions dropped", sum(courses.map(({ treatment }) => treatment.dropped))),
    ],
  };
}

function recoveryFigures(
  { recoveries, stepsLost }: YearOutcome,
  courses: readonly CourseMeasures[],
): FigureGroup {
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
  const ofOutages = recoveries.filter(({ cause }) => cause === "OUTAGE");
  const ofMissed = recoveries.filter(({ cause }) => cause === "MISSED");
  const days = new Set(ofOutages.map(({ day }) => day)).size;
  const changed = sum(ofOutages.map((one) => one.changed));
  return {
    title: "Planned anew",
    figures: [
      figure("days with a breakdown that hit sessions", days),
      figure("courses planned anew for breakdowns", sum(ofOutages.map((one) => one.courses))),
      figure("sessions lost to breakdowns", sum(ofOutages.map(({ lost }) => lost))),
      figure("appointments changed for them", changed),
      figure("appointments changed on such a day, mean", changed / Math.max(1, days), 1),
      figure("sessions missed by patients", sum(ofMissed.map(({ lost }) => lost))),
      figure("appointments changed for them", sum(ofMissed.map((one) => one.changed))),
      figure("made up for on a Saturday or holiday", sum(courses.map((one) => one.extraDays))),
      figure(
        "made up for as a second session of a day",
        sum(courses.map((one) => one.secondsOfDay)),
      ),
      figure(
        "courses that people accepted beyond gap or time of day",
        courses.filter(({ treatment }) => treatment.isBeyondRules).length,
      ),
      figure("preparation steps done after hours", stepsLost),
    ],
  };
}
