import { timestampDate, timestampMs } from "@bufbuild/protobuf/wkt";
import type { HeldResource } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { Course } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import {
  CompensationRule,
  type InterruptionCategory,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { type Replan, Replan_State } from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import type { Partner } from "@carehub/partners/partner";
import { must } from "@carehub/rules/fault";
import { until } from "@carehub/testing/wait";
import { book, type Case, type Plan, readCourses } from "./capacity-cases.ts";
import { as, date, localTime, type Play } from "./capacity-play.ts";

const hubName = "hubs/astana-proton";
const categories = [1, 2, 3] as const;

/** The gantry that fails, and when: Wednesday and Thursday of the first week. */
export const outage = {
  room: `${hubName}/resources/room-1`,
  startTime: localTime("01-28"),
  endTime: localTime("01-30"),
};

/** Publishes courses of three categories on the two gantries, which make up for lost days within limits. */
async function publishCategories(hub: Partner): Promise<void> {
  const { hub: document } = await hub.hubs.getHub({ name: hubName });
  const { $typeName: _, ...published } = must(document, "the example is published");
  const plain = must(
    published.templates.find(({ id }) => id === "proton-course"),
    "the example has a daily course",
  );
  const { rules, session } = plain;
  const templates = categories.map((category) => ({
    ...plain,
    id: templateOf(category),
    session: { ...must(session, "a template has a session"), sites: ["room-1", "room-3"] },
    rules: {
      ...must(rules, "a template has rules"),
      sameDayGapHours: 6,
      timeOfDayWindowMinutes: 180,
      // Two days are lost: courses of the first category have to make up for one at least.
      prolongationDaysMax: 2 * category - 1,
      interruptionCategory: category as InterruptionCategory,
      compensations: [CompensationRule.EXTRA_DAY, CompensationRule.SAME_DAY],
    },
  }));
  const next = { ...published, templates: [...published.templates, ...templates] };
  await hub.hubs.publishHub({ hub: next, ...as("capacity-planner") });
}

const templateOf = (category: number) => `daily-category-${category}`;

function planOf(index: number): Plan {
  return {
    template: `${hubName}/templates/${templateOf(categories[index % 3] ?? 1)}`,
    phases: [{ phase: "main", sessionCount: 8 }],
    readyDate: date("01-26"),
    dueDate: date("01-26"),
  };
}

const foreignCount = 8;
const runningCount = 24;

/** Brings 24 courses into treatment, eight of them foreign, with two days of sessions recorded. */
export async function runCourses({ partnerOf, cases, moveTo }: Play) {
  const hub = partnerOf("hub/astana-proton");
  await publishCategories(hub);
  const foreign = await Promise.all(
    Array.from({ length: foreignCount }, (_, index) => cases.refer(index % 4 < 2 ? "02-" : "26-")),
  );
  // One after the other, so that both gantries have some of each ministry and of each category.
  for (const [index, each] of foreign.entries()) await cases.accept(each, planOf(index));
  await Promise.all(foreign.map(cases.guarantee));
  const names = foreign.map(({ course }) => course);
  for (let index = foreignCount; index < runningCount; index += 1)
    names.push((await book(hub, planOf(index))).name);
  await moveTo("2026-01-27T15:30:00Z");
  await beginAll(hub, await readCourses(hub, names));
  return { hub, foreign, names };
}

async function beginAll(hub: Partner, courses: readonly Course[]): Promise<void> {
  const admissionDate = date("01-26");
  await Promise.all(
    courses.map(({ name }) =>
      hub.courses.recordAdmission({ name, admissionDate, ...as("ward-nurse") }),
    ),
  );
  const entries = courses.flatMap(({ name: course, sessions }) =>
    sessions.slice(0, 2).map((session) => {
      const room = must(
        session.resources.find(({ resource }) => resource.includes("/room-")),
        "a session has a room",
      );
      const startTime = must(room.startTime, "a room is used from a time on");
      const endTime = must(room.endTime, "a room is used until a time");
      const record = { case: "delivered" as const, value: { startTime, endTime } };
      return { course, number: session.number, record };
    }),
  );
  const { results } = await hub.sessions.recordSessions({ entries, ...as("radiographer") });
  const refused = results.filter(({ result }) => result.case !== "recorded");
  if (refused.length > 0) throw new Error(`${refused.length} sessions were not recorded`);
}

/** What a course uses of the room while it is out. */
export function usesInOutage({ sessions }: Course): readonly HeldResource[] {
  return sessions
    .flatMap(({ resources }) => resources)
    .filter((use) => use.resource === outage.room && overlaps(use, outage));
}

/** When and where a course's sessions are, in a line. */
export function timesOf({ name, sessions }: Course): string {
  const times = sessions.map(({ startTime, resources }) => {
    const time = timestampDate(must(startTime, "a session begins"));
    return `${time.toISOString()} ${resources[0]?.resource}`;
  });
  return [name, ...times].join(", ");
}

type Used = Pick<HeldResource, "startTime" | "endTime">;

function overlaps(one: Used, other: Used): boolean {
  const ms = (time: Used["startTime"]) => timestampMs(must(time, "a use has its times"));
  return ms(one.startTime) < ms(other.endTime) && ms(other.startTime) < ms(one.endTime);
}

/** The pairs of uses of one resource that overlap. */
export function overlapsOf(courses: readonly Course[]): string[] {
  const uses = courses.flatMap(({ name, sessions }) =>
    sessions.flatMap(({ number, resources }) =>
      resources.map((use) => ({ ...use, of: `${name} ${number}` })),
    ),
  );
  const byResource = Object.values(Object.groupBy(uses, ({ resource }) => resource));
  return byResource.flatMap((ofOne = []) =>
    ofOne.flatMap((one, index) =>
      ofOne
        .slice(index + 1)
        .filter((other) => overlaps(one, other))
        .map((other) => `${one.of} and ${other.of}`),
    ),
  );
}

/** Reports the outage; answers the proposal for the courses that it disturbs. */
export async function report(hub: Partner): Promise<Replan> {
  const { replan } = await hub.disruptions.reportOutage({
    hub: hubName,
    resources: ["room-1"],
    reason: "gantry-failure",
    startTime: outage.startTime,
    endTime: outage.endTime,
    ...as("physicist"),
  });
  return must(replan, "a proposal is told");
}

/** Approves a proposal in a role. */
export async function approve(hub: Partner, name: string, role: string): Promise<Replan> {
  const { replan } = await hub.disruptions.approveReplan({ name, ...as(role) });
  return must(replan, "a proposal is told");
}

/** Resolves when every course of a proposal that could be moved is. */
export function untilApplied(hub: Partner, name: string): Promise<Replan> {
  return until(
    async () => {
      const { replan } = await hub.disruptions.getReplan({ name });
      return replan?.state === Replan_State.APPLIED && replan;
    },
    { what: "a proposal to be applied", limitMs: 30_000 },
  );
}

/** The courses of a ministry's cases. */
export function coursesOf(foreign: readonly Case[], identity: string): Set<string> {
  const own = foreign.filter(({ ministry }) => ministry.identity === identity);
  return new Set(own.map(({ course }) => course));
}
