import { readFileSync } from "node:fs";
import { fromJson, type JsonObject } from "@bufbuild/protobuf";
import type { TimedHub } from "@carehub/capacity/domain/demand";
import type {
  Closure,
  CourseTemplate,
  ExceptionalOpening,
  HubDocument,
  SessionRules,
} from "@carehub/capacity/domain/hub";
import { checkHubDocument } from "@carehub/capacity/domain/hub-rules";
import { createHubTime } from "@carehub/capacity/domain/hub-time";
import { readHubDocument } from "@carehub/capacity/wire/hub-document";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { must } from "@carehub/rules/fault";
import { parse } from "yaml";

/*
 * The example hub of Astana with what a whole year needs besides: templates for adults, a reserve for urgent patients,
 * a service day each month. All of it illustrative, as the example is.
 */

const publishedAt = Temporal.Instant.from("2026-01-01T00:00:00Z");
const plain: SessionRules = {
  gridMinutes: 15,
  minGapHours: 12,
  // From Thursday to Monday; over the longest holidays of 2026 the centre opens one day between.
  maxGapHours: 96,
  sameDayGapHours: 6,
  sessionsPerDay: 1,
  sessionsPerWeek: 0,
  timeOfDayWindowMinutes: 120,
  sameSite: true,
};

// Days of prolongation by category: two for a fast tumour (said of RCR 2019, not confirmed), the others illustrative.
const limits = { rapid: 2, other: 5 };
const allWays = ["EXTRA_DAY", "SAME_DAY"] as const;
const rapid = {
  interruptionCategory: 1,
  prolongationDaysMax: limits.rapid,
  compensations: allWays,
} as const;
const other = {
  interruptionCategory: 2,
  prolongationDaysMax: limits.other,
  compensations: allWays,
} as const;

/** The hub of the scenario as its first version, checked as the service checks what a hub publishes. */
export function readScenarioHub(): TimedHub {
  const url = new URL("../../../examples/hubs/astana-proton.yaml", import.meta.url);
  const file = parse(readFileSync(url, "utf8")) as JsonObject;
  const wire = fromJson(HubSchema, must(file.hub, "an example has a hub"));
  return asHub(extended(readHubDocument(wire)));
}

/** A document as a published version. */
export function asHub(document: HubDocument, version = 1): TimedHub {
  checkHubDocument(document, publishedAt);
  const times = { createdAt: publishedAt, updatedAt: publishedAt };
  return { document, version, ...times, time: createHubTime(document) };
}

function extended(document: HubDocument): HubDocument {
  const templateOf = (id: string) =>
    must(
      document.templates.find((template) => template.id === id),
      `the example has ${id}`,
    );
  const child = templateOf("proton-child");
  const spine = templateOf("medulloblastoma");
  return {
    ...document,
    // Into the next year, so that courses booked in December have their end.
    validUntilAt: Temporal.Instant.from("2027-12-31T19:00:00Z"),
    // Ten of about 180 hours a week: fully kept two weeks before, given to everybody three days before.
    urgentReserves: [{ kind: "ROOM", minutesPerWeek: 600, fullDays: 14, openDays: 3 }],
    exceptionalOpenings: [...document.exceptionalOpenings, ...betweenHolidays(document)],
    closures: [...document.closures, ...serviceDays()],
    templates: [
      ...adultTemplates(templateOf("proton-course")),
      { ...child, rules: { ...child.rules, ...rapid } },
      { ...spine, rules: { ...spine.rules, ...rapid, maxGapHours: 96, sameDayGapHours: 6 } },
    ],
  };
}

// 26 minutes in the room is the least of 12,551 fractions by site (PMC12593578); with getting on and off the couch, 30.
function adultTemplates(example: CourseTemplate): CourseTemplate[] {
  const adult = (id: string, counts: readonly [number, number], rules: SessionRules) => ({
    ...example,
    id,
    uses: [{ kind: "ROOM", offsetMinutes: 0, minutes: 30, onlyUnderAnaesthesia: false } as const],
    beam: { offsetMinutes: 15, minutes: 6 },
    phases: [
      {
        ...{ id: "main", sessionCount: counts[1] },
        ...{ sessionCountMin: counts[0], sessionCountMax: counts[1] },
      },
    ],
    rules,
  });
  return [
    adult("adult-rapid", [30, 35], { ...plain, ...rapid }),
    adult("adult-standard", [25, 33], { ...plain, ...other }),
    adult("adult-hypofractionated", [8, 20], { ...plain, ...other }),
    adult("adult-stereotactic", [3, 8], {
      ...{ ...plain, ...other, minGapHours: 36, maxGapHours: 144 },
      ...{ sessionsPerWeek: 3, timeOfDayWindowMinutes: 240 },
    }),
    adult("palliative", [1, 10], { ...plain, interruptionCategory: 3 }),
  ];
}

// The Monday of Nauryz also for children, and the room with the long couch.
function betweenHolidays({ resources }: HubDocument): ExceptionalOpening[] {
  const onDate = Temporal.PlainDate.from("2026-03-23");
  const ofKind = (...kinds: readonly string[]) =>
    resources.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);
  return [
    { resources: ["room-2"], onDate, start: 480, end: 1200 },
    { resources: ofKind("ANAESTHESIA_TEAM"), onDate, start: 450, end: 840 },
    { resources: ofKind("PACU_BAY"), onDate, start: 480, end: 1020 },
  ];
}

// In each month that the example does not plan: half a day for the accelerator, and half a day for one of the rooms.
function serviceDays(): Closure[] {
  return Array.from({ length: 9 }, (_, index) => index + 4).flatMap((month): Closure[] => {
    const first = Temporal.PlainDate.from({ year: 2026, month, day: 1 });
    const wednesday = first.add({ days: (10 - first.dayOfWeek) % 7 });
    const beam = wednesday.add({ days: 7 });
    const gantry = wednesday.add({ days: 14 });
    const rest = { kind: "MAINTENANCE", start: 480, end: 780 } as const;
    return [
      {
        ...{ ...rest, reason: "accelerator-service", firstDate: beam, lastDate: beam },
        resources: ["room-1", "room-2", "room-3"],
      },
      {
        ...{ ...rest, reason: "gantry-calibration", firstDate: gantry, lastDate: gantry },
        resources: [`room-${(month % 3) + 1}`],
      },
    ];
  });
}
