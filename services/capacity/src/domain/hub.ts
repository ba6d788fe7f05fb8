import type { HubName } from "./names.ts";

/** Minutes from the beginning of a day in the hub's zone, 0 to 1440. */
export type MinuteOfDay = number;

/** What one patient uses at a time. */
export type ResourceKind = "ROOM" | "THEATRE" | "ANAESTHESIA_TEAM" | "PACU_BAY";

/** What patients share: beds by day, beam minutes by half hour. */
export type PoolKind = "BED" | "BEAM";

/** A window of the day on some days of the week, 1 for Monday to 7 for Sunday. */
export type WeeklyOpening = {
  readonly days: readonly number[];
  readonly start: MinuteOfDay;
  readonly end: MinuteOfDay;
};

/** Something that one patient uses at a time. */
export type Resource = {
  readonly id: string;
  readonly kind: ResourceKind;
  readonly weeklyOpenings: readonly WeeklyOpening[];
};

/** Something that several patients share. */
export type Pool = {
  readonly id: string;
  readonly kind: PoolKind;
  readonly capacity: number;
  /** For a beam: the ids of the rooms that share it. */
  readonly serves: readonly string[];
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
  readonly kind: "CLOSURE" | "MAINTENANCE";
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
};

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
};

/** A stay in a bed, from a day counted from that of the first session. */
export type TemplateStay = {
  readonly id: string;
  readonly pool: string;
  readonly fromDay: number;
  readonly days: number;
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
  readonly beam: { readonly offsetMinutes: number; readonly minutes: number } | undefined;
  /** Empty for every resource of the site's kind. */
  readonly sites: readonly string[];
  readonly rules: SessionRules;
  readonly stays: readonly TemplateStay[];
  readonly services: readonly TemplateService[];
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

/** Whether nothing may be offered or held on the document any more. */
export function isStale(document: HubDocument, now: Temporal.Instant): boolean {
  return Temporal.Instant.compare(document.validUntilAt, now) <= 0;
}
