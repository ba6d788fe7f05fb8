import type { HubName } from "./names.ts";

/** Minutes from the beginning of a day in the hub's zone, 0 to 1440. */
export type MinuteOfDay = number;

/** What one patient uses at a time. */
export type ResourceKind =
  | "ROOM"
  | "THEATRE"
  | "ANAESTHESIA_TEAM"
  | "PACU_BAY"
  | "IMAGING"
  | "WORKSHOP";

/** What patients share: beds by day, beam minutes by half hour. */
export type PoolKind = "BED" | "BEAM";

/** A window of the day on some days of the week, 1 for Monday to 7 for Sunday. */
export type WeeklyOpening = {
  readonly days: readonly number[];
  readonly start: MinuteOfDay;
  readonly end: MinuteOfDay;
  /** Whether only sessions that make up for a lost day are planned in it. */
  readonly onlyForCompensation?: boolean;
};

/** A part of each day. */
export type DayWindow = { readonly start: MinuteOfDay; readonly end: MinuteOfDay };

/** Something that one patient uses at a time. */
export type Resource = {
  readonly id: string;
  readonly kind: ResourceKind;
  readonly weeklyOpenings: readonly WeeklyOpening[];
  /** A course that stays at one site may change between sites of one group; absent or empty for none. */
  readonly mirrorGroup?: string;
  /** Before the first patient of each day on which it is open. */
  readonly machineCheck?: { readonly start: MinuteOfDay; readonly minutes: number };
};

/** Something that several patients share. */
export type Pool = {
  readonly id: string;
  readonly kind: PoolKind;
  readonly capacity: number;
  /** For a beam: the ids of the rooms that share it. */
  readonly serves: readonly string[];
  /** Working days from the order of an isotope to its use; absent where none is ordered. */
  readonly isotopeOrderDays?: number;
  /** Days with another number of beds; the last that names a day counts. */
  readonly changes?: readonly PoolChange[];
  /** Beds that only emergencies are planned on. */
  readonly emergencyReserve?: number;
  /** The greatest probability of overflow on any day, in millionths; absent where stays count as certain. */
  readonly overflowBoundPpm?: number;
};

/** Another capacity of a pool of beds for some days, both inclusive. */
export type PoolChange = {
  readonly firstDate: Temporal.PlainDate;
  readonly lastDate: Temporal.PlainDate;
  readonly capacity: number;
  readonly reason: string;
};

/** A window on one date, working day or not; without resources it opens all. */
export type ExceptionalOpening = {
  readonly resources: readonly string[];
  readonly onDate: Temporal.PlainDate;
  readonly start: MinuteOfDay;
  readonly end: MinuteOfDay;
};

/** A time at which resources are not to be had; without resources it closes all. */
export type Closure = {
  readonly resources: readonly string[];
  readonly kind: "CLOSURE" | "MAINTENANCE" | "OUTAGE" | "STAFFING";
  readonly reason: string;
  readonly firstDate: Temporal.PlainDate;
  /** Inclusive. */
  readonly lastDate: Temporal.PlainDate;
  /** On the first day. */
  readonly start: MinuteOfDay;
  /** On the last day. */
  readonly end: MinuteOfDay;
};

/** A phase of a template, with what a plan may ask for. */
export type TemplatePhase = {
  readonly id: string;
  readonly sessionCount: number;
  readonly sessionCountMin: number;
  readonly sessionCountMax: number;
  /** What its sessions use, where that differs from the template's. */
  readonly session?: SessionShape;
  /** What its first session uses, where that differs from its others. */
  readonly firstSession?: SessionShape;
};

/** What one session uses, counted from its start. */
export type SessionShape = {
  readonly uses: readonly ResourceUse[];
  readonly beam: BeamUse | undefined;
};

/** The use of the beam that serves the site. */
export type BeamUse = { readonly offsetMinutes: number; readonly minutes: number };

/** The use of one resource of a kind, counted from the start of the session. */
export type ResourceUse = {
  readonly kind: ResourceKind;
  readonly offsetMinutes: number;
  readonly minutes: number;
  readonly onlyUnderAnaesthesia: boolean;
};

/** How the sessions of a course follow each other. */
export type SessionRules = {
  readonly gridMinutes: number;
  /** From the end of a session to the start of the next. */
  readonly minGapHours: number;
  readonly maxGapHours: number;
  readonly sessionsPerDay: number;
  /** 0 for no limit. */
  readonly sessionsPerWeek: number;
  /** 0 for any time of day. */
  readonly timeOfDayWindowMinutes: number;
  readonly sameSite: boolean;
  /** From the end of a session to the next of the same day; absent for as from day to day. */
  readonly sameDayGapHours?: number;
  /** Absent for no limit. */
  readonly prolongationDaysMax?: number;
  /** 1 for the most harmful to interrupt; absent where it is not said. */
  readonly interruptionCategory?: InterruptionCategory;
  /** Absent or empty for none. */
  readonly compensations?: readonly Compensation[];
  /** The part of the day in which a session under anaesthesia lies; absent for any. */
  readonly anaesthesiaWindow?: DayWindow;
};

/** A way to make up for a lost day: in an opening kept for it, or as one session more on a day. */
export type Compensation = "EXTRA_DAY" | "SAME_DAY";

/** How much an interruption harms: 1 for a rapidly proliferating tumour, 3 for palliation. */
export type InterruptionCategory = 1 | 2 | 3;

/** A step before the first session; it only takes time where it uses nothing. */
export type PreparationStep = {
  readonly id: string;
  /** Working days of the hub's country from its day to that of the first session. */
  readonly leadDaysMin: number;
  readonly leadDaysMax: number;
  readonly uses: readonly ResourceUse[];
};

/** A stay in a bed, from a day counted from that of the first session. */
export type TemplateStay = {
  readonly id: string;
  readonly pool: string;
  readonly fromDay: number;
  readonly days: number;
  /** How long it really lasts; the first that fits the patient counts. */
  readonly distributions?: readonly StayDistribution[];
};

/** How long a stay lasts for some patients. */
export type StayDistribution = {
  /** STAT mortality categories, 1 to 5; empty for all. */
  readonly statCategories: readonly number[];
  /** In completed months. */
  readonly ageMonthsMin: number;
  /** 0 for no limit. */
  readonly ageMonthsMax: number;
  /** The probability that the patient is still there on the first, second, … day, in millionths. */
  readonly presentPpm: readonly number[];
};

/** Minutes of sites that are kept for urgent courses in each week. */
export type UrgentReserve = {
  readonly kind: ResourceKind;
  readonly minutesPerWeek: number;
  /** Days before the week's Monday from which on less is kept. */
  readonly fullDays: number;
  /** Days before it from which on nothing is. */
  readonly openDays: number;
};

/** What the quantity of a service counts. */
export type ServiceBasis =
  | "PER_COURSE"
  | "PER_SESSION"
  | "PER_ANAESTHESIA_SESSION"
  | "PER_STAY_DAY";

/** A service that a course is priced by. */
export type TemplateService = {
  readonly serviceCode: string;
  readonly basis: ServiceBasis;
  readonly quantity: number;
  /** The stay whose days count; empty for the other bases. */
  readonly stay: string;
};

/** A course as the hub offers it. */
export type CourseTemplate = {
  readonly id: string;
  readonly version: number;
  readonly programme: string;
  readonly phases: readonly TemplatePhase[];
  readonly uses: readonly ResourceUse[];
  readonly beam: BeamUse | undefined;
  /** Empty for every resource of the site's kind. */
  readonly sites: readonly string[];
  readonly rules: SessionRules;
  readonly stays: readonly TemplateStay[];
  readonly services: readonly TemplateService[];
  /** What comes before the first session; absent for nothing. */
  readonly preparation?: readonly PreparationStep[];
};

/** What a hub can treat and when, as it publishes it; ids are the hub's own. */
export type HubDocument = {
  readonly name: HubName;
  readonly zone: string;
  readonly country: string;
  readonly worksOnPublicHolidays: boolean;
  readonly validUntilAt: Temporal.Instant;
  readonly resources: readonly Resource[];
  readonly pools: readonly Pool[];
  readonly exceptionalOpenings: readonly ExceptionalOpening[];
  readonly closures: readonly Closure[];
  readonly templates: readonly CourseTemplate[];
  /** Absent for none. */
  readonly urgentReserves?: readonly UrgentReserve[];
  /** The most live holds of one sending party; absent for the usual number. */
  readonly partyHoldsMax?: number;
};

/** A published version of a hub's document. */
export type Hub = {
  readonly document: HubDocument;
  /** Counts the versions from 1. */
  readonly version: number;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};

/** Whether a resource of the kind is where a session takes place. */
export function isSiteKind(kind: ResourceKind): boolean {
  return kind === "ROOM" || kind === "THEATRE";
}

/** How many a pool has on a day, counted as days since 1970; a beam has as much in each of its buckets. */
export function capacityOn(pool: Pool, day: number): number {
  if (pool.changes === undefined || pool.changes.length === 0) return pool.capacity;
  const date = epochDate.add({ days: day });
  const change = pool.changes.findLast(
    ({ firstDate, lastDate }) =>
      Temporal.PlainDate.compare(firstDate, date) <= 0 &&
      Temporal.PlainDate.compare(date, lastDate) <= 0,
  );
  return change?.capacity ?? pool.capacity;
}

const epochDate = Temporal.PlainDate.from("1970-01-01");

/** Whether nothing may be offered or held on the document any more. */
export function isStale(document: HubDocument, now: Temporal.Instant): boolean {
  return Temporal.Instant.compare(document.validUntilAt, now) <= 0;
}
