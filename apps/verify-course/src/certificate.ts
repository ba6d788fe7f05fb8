import { z } from "zod";
import { canonicalText } from "./canonical.ts";
import { minuteOf } from "./clock.ts";
import { unless, type Violation } from "./violation.ts";

const isValid = (read: (text: string) => unknown) => (text: string) => {
  try {
    read(text);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

const count = z.int().min(0);
const name = z.string().min(1).max(200);
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/, "is not an instant to the minute")
  .refine(isValid(Temporal.Instant.from), "does not exist")
  .transform(minuteOf);
const date = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/, "is not a date")
  .refine(isValid(Temporal.PlainDate.from), "does not exist")
  .transform((text) => Temporal.PlainDate.from(text));

const use = z
  .strictObject({ resource: name, start_time: time, end_time: time })
  .transform(({ resource, start_time: start, end_time: end }) => ({ resource, start, end }));

const session = z
  .strictObject({
    number: count,
    phase: name,
    site: name,
    start_time: time,
    end_time: time,
    compensation: z.enum(["", "EXTRA_DAY", "SAME_DAY"]),
    resources: z.array(use),
  })
  .transform(({ start_time: start, end_time: end, resources: uses, ...rest }) => {
    return { ...rest, start, end, uses };
  });

const step = z
  .strictObject({ step: name, start_time: time, end_time: time, resources: z.array(use) })
  .transform(({ step: id, start_time: start, end_time: end, resources: uses }) => {
    return { id, start, end, uses };
  });

const stay = z
  .strictObject({ stay: name, pool: name, first_date: date, last_date: date })
  .transform(({ stay: id, pool, first_date: first, last_date: last }) => {
    return { id, pool, first, last };
  });

const statedRules = z.strictObject({
  grid_minutes: count,
  min_gap_hours: count,
  max_gap_hours: count,
  sessions_per_day: count,
  sessions_per_week: count,
  time_of_day_window_minutes: count,
  same_site: z.boolean(),
  same_day_gap_hours: count,
  prolongation_days_max: count.nullable(),
  interruption_category: z.int().min(0).max(3),
  compensations: z.array(z.string()),
  anaesthesia_window: z.tuple([z.string(), z.string()]).nullable(),
});

const begun = z
  .strictObject({
    sessions: count,
    first_start_time: time.nullable(),
    last_end_time: time.nullable(),
    last_site: name.nullable(),
  })
  .transform(({ sessions, first_start_time: first, last_end_time: last, last_site: site }) => {
    return { sessions, first, last, site };
  });

const schema = z.strictObject({
  course: name,
  hub: name,
  capacity_version: z.int().min(1),
  calendar: z.strictObject({ country: name, version: name, zone: name }),
  template: z.strictObject({ id: name, version: z.int().min(1) }),
  rules: statedRules,
  start_between: z.tuple([date, date]),
  under_anaesthesia: z.boolean(),
  is_emergency: z.boolean(),
  preparation: z.array(step),
  sessions: z.array(session).min(1),
  gap_minutes: z.array(z.int()),
  stays: z.array(stay),
  overall_days: count,
  prolongation_days: count,
  overflow_probability_ppm: count,
  begun: begun.optional(),
  override: z.record(z.string(), z.unknown()).optional(),
});

/** A certificate as its text has it, with times as minutes. */
export type Certificate = z.output<typeof schema>;
export type Session = Certificate["sessions"][number];
export type Step = Certificate["preparation"][number];
export type Use = Session["uses"][number];

/** Reads a certificate's text; what is not of its form, or not canonical, is told. */
export function readCertificate(text: string): {
  readonly certificate?: Certificate;
  readonly violations: readonly Violation[];
} {
  const value = parseJson(text);
  if (value === undefined) return { violations: unless(false, "FORM", "document", "is no JSON") };
  const canonical = unless(
    canonicalText(value) === text,
    "FORM",
    "document",
    "is not in canonical form",
  );
  const parsed = schema.safeParse(value);
  if (parsed.success) return { certificate: parsed.data, violations: canonical };
  const issues = parsed.error.issues.flatMap(({ path, message }) =>
    unless(false, "FORM", path.join(".") || "document", message),
  );
  return { violations: [...canonical, ...issues] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
