import type { HubDocument } from "@carehub/capacity/domain/hub";
import { type Day, dayOfDate } from "@carehub/capacity/domain/hub-time";
import { parseHubName } from "@carehub/capacity/domain/names";
import type { Uuid } from "@carehub/rules/ids";
import type { Patient } from "./arrivals.ts";
import { asHub } from "./scenario-hub.ts";
import type { Happening } from "./year.ts";

/** Monday, 2 February 2026. */
export const monday: Day = dayOfDate(Temporal.PlainDate.from("2026-02-02"));

const document: HubDocument = {
  name: parseHubName("hubs/small", "name"),
  zone: "Asia/Almaty",
  country: "KZ",
  worksOnPublicHolidays: false,
  validUntilAt: Temporal.Instant.from("2027-01-31T00:00:00Z"),
  resources: [
    {
      id: "room-1",
      kind: "ROOM",
      weeklyOpenings: [{ days: [1, 2, 3, 4, 5], start: 480, end: 600 }],
    },
  ],
  pools: [],
  exceptionalOpenings: [],
  closures: [],
  templates: [
    {
      ...{ id: "three-days", version: 1, programme: "proton-therapy", sites: [], stays: [] },
      phases: [{ id: "main", sessionCount: 3, sessionCountMin: 1, sessionCountMax: 3 }],
      uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 60, onlyUnderAnaesthesia: false }],
      beam: undefined,
      rules: {
        ...{ gridMinutes: 60, minGapHours: 12, maxGapHours: 96, sessionsPerDay: 1 },
        ...{ sessionsPerWeek: 0, timeOfDayWindowMinutes: 60, sameSite: true },
        ...{ prolongationDaysMax: 0, interruptionCategory: 1 },
      },
      services: [{ serviceCode: "visit", basis: "PER_SESSION", quantity: 1, stay: "" }],
    },
  ],
};

/** One room, open from 8 to 10 on weekdays; courses of three sessions of an hour, a day each. */
export const smallHub = asHub(document);

/** Arrives on Monday the 2nd and is ready on Tuesday. */
export function aPatient(number: number, parts: Partial<Patient> = {}): Patient {
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}` as Uuid,
    ...{ number, group: "all", isForeign: false, priority: "ROUTINE", category: 1 },
    plan: {
      template: "hubs/small/templates/three-days",
      ...{ phases: [], stays: [], underAnaesthesia: false },
    },
    ...{ arrivalDay: monday, readyDay: monday + 1, dueDay: monday + 8, cancelsOn: undefined },
    ...parts,
  };
}

/** Two weeks in which nothing happens but that. */
export function aFortnight(parts: Partial<Happening> = {}): Happening {
  const days = Array.from({ length: 14 }, (_, index) => monday + index);
  return { hub: smallHub, days, patients: [], outages: [], missedShare: 0, seed: 1, ...parts };
}
