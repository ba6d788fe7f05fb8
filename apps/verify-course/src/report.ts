import { type Asked, type AskedCourse, namedIn, overrideIn } from "./asked.ts";
import { checkCourse, checkTogether, type Violation } from "./check.ts";
import { unless } from "./violation.ts";

/** What was found of each course, and of all that are to take place together. */
export type Report = {
  readonly courses: readonly {
    readonly course: string;
    readonly hashChecked: boolean;
    /** The override that its certificate names; absent where it needs none. */
    readonly override?: string;
    readonly violations: readonly Violation[];
  }[];
  readonly together: { readonly courses: number; readonly violations: readonly Violation[] };
};

/** Checks every course by itself, and those that are to take place together. */
export function reportOn({ courses, versions }: Asked): Report {
  const live = courses.flatMap(({ isLive, hub, text, missed, override }) =>
    isLive && hub ? [{ text, hub, missed, override }] : [],
  );
  return {
    courses: courses.map((asked) => ({
      course: asked.course,
      hashChecked: asked.hash !== undefined,
      ...namedOverride(asked),
      violations: checkOne(asked),
    })),
    together: { courses: live.length, violations: checkTogether(live, versions) },
  };
}

function namedOverride({ text }: AskedCourse) {
  const override = overrideIn(text);
  return override === undefined ? {} : { override };
}

function checkOne({ course, isNamed, text, hash, hub, override }: AskedCourse): Violation[] {
  if (hub !== undefined) {
    const named = namedIn(text)?.course;
    const isOwn = !isNamed || named === course;
    return [
      ...unless(isOwn, "COURSE", "course", `the certificate is of ${named}`),
      ...checkCourse(text, hash, hub, override),
    ];
  }
  const found = "the version that it names is not to be had";
  return [{ rule: "VERSION", where: "capacity_version", found }];
}

/** Whether nothing is wrong. */
export function isAccepted({ courses, together }: Report): boolean {
  return [...courses, together].every(({ violations }) => violations.length === 0);
}

/** The report for people: a line for each course, and one for each rule that it breaks. */
export function writeReport({ courses, together }: Report): string {
  const lines = courses.flatMap(({ course, hashChecked, override, violations }) => [
    violations.length > 0
      ? `${course}: ${violations.length} violations`
      : `${course}: OK${hashChecked ? "" : " (its hash was not given)"}`,
    ...(override === undefined ? [] : [`  override  ${override}`]),
    ...violations.map(describe),
  ]);
  const ofAll = `${together.courses} to take place together: ${together.violations.length || "no"} violations`;
  return [...lines, ofAll, ...together.violations.map(describe)].join("\n");
}

function describe({ rule, where, found }: Violation): string {
  return `  ${rule}  ${where}: ${found}`;
}
