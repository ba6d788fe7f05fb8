import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Course } from "@carehub/contracts/gen/carehub/capacity/v1/course_pb.ts";
import {
  ClosureKind,
  type HubSchema,
  ResourceKind,
  ServiceBasis,
  Weekday,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import type {
  Replan,
  ReplanMove_Outcome,
} from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import type { Partner } from "@carehub/partners/partner";
import { must } from "@carehub/rules/fault";
import { book, type Plan } from "./capacity-cases.ts";
import { as, date, localTime } from "./capacity-play.ts";

/** A hub of its own for the story: two rooms, four kinds of courses. */
export const weekHub = "hubs/story-rooms";

const days = [Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY];

const daily = { gridMinutes: 60, minGapHours: 12, sessionsPerDay: 1 };

/** What sets the kinds apart: how far from each other sessions may be, and by how much a course may last longer. */
const kinds = {
  weekly: { gridMinutes: 60, minGapHours: 120, maxGapHours: 400, sessionsPerDay: 1 },
  strict: { ...daily, maxGapHours: 96 },
  limited: { ...daily, prolongationDaysMax: 2 },
  once: daily,
} as const;

type Kind = keyof typeof kinds;

function template(id: Kind) {
  const phase = { id: "main", sessionCount: 1, sessionCountMin: 1, sessionCountMax: 20 };
  return {
    ...{ id, version: 1, programme: "proton-therapy", phases: [phase], rules: kinds[id] },
    session: { uses: [{ kind: ResourceKind.ROOM, minutes: 60 }] },
    services: [{ serviceCode: "session", basis: ServiceBasis.PER_SESSION, quantity: 1 }],
  };
}

const document: MessageInitShape<typeof HubSchema> = {
  name: weekHub,
  zone: "Asia/Almaty",
  country: "KZ",
  validUntilTime: localTime("12-31"),
  resources: ["room-1", "room-2"].map((id) => ({
    ...{ id, kind: ResourceKind.ROOM },
    weeklyOpenings: [{ days, start: "08:00", end: "16:00" }],
  })),
  templates: (Object.keys(kinds) as Kind[]).map(template),
};

/** So many sessions of a kind from a day on. */
export function planOf(kind: Kind, day: string, sessionCount: number): Plan {
  return {
    template: `${weekHub}/templates/${kind}`,
    phases: [{ phase: "main", sessionCount }],
    readyDate: date(day),
    dueDate: date(day),
  };
}

/** Publishes the hub and books its courses: the week from 14 February is the quietest. */
export async function bookWeeks(hub: Partner) {
  await hub.hubs.publishHub({ hub: document, ...as("capacity-planner") });
  const bookOne = (kind: Kind, day: string, count: number) => book(hub, planOf(kind, day, count));
  const weekly = await bookOne("weekly", "02-10", 4);
  const strict = await bookOne("strict", "02-12", 4);
  const limited = await bookOne("limited", "02-12", 4);
  const once = await bookOne("once", "02-18", 1);
  const others: Course[] = [];
  for (const day of ["02-09", "02-09", "02-23", "02-23"])
    others.push(await bookOne("strict", day, 5));
  return { weekly, strict, limited, once, others };
}

const weekMinutes = 7 * 24 * 60;
const rooms = ["room-1", "room-2"];

/** Asks for the whole days on which a closure of a week disturbs least. */
export async function proposeWeek({ disruptions }: Partner) {
  const { windows } = await disruptions.proposeClosure({
    ...{ hub: weekHub, resources: rooms, minutes: weekMinutes, limit: 1 },
    firstDate: date("02-09"),
    lastDate: date("03-01"),
    latestStart: "00:00",
    start: "00:00",
  });
  return must(windows[0], "some week is the quietest");
}

/** The weeks of whole days within those dates. */
export function possibleWeeks(): Pick<Replan, "startTime" | "endTime">[] {
  return Array.from({ length: 15 }, (_, index) => {
    const first = Temporal.PlainDate.from("2026-02-09").add({ days: index });
    const dayOf = (day: Temporal.PlainDate) => localTime(day.toString().slice(5));
    return { startTime: dayOf(first), endTime: dayOf(first.add({ days: 7 })) };
  });
}

/** What a proposal says of each course, by its name. */
export function outcomesOf({ moves }: Replan): Record<string, ReplanMove_Outcome> {
  return Object.fromEntries(moves.map(({ course, outcome }) => [course, outcome]));
}

/** Closes all rooms from a time to another; answers the proposal for the courses that it disturbs. */
export async function closeAll(
  { disruptions }: Partner,
  span: Pick<Replan, "startTime" | "endTime">,
): Promise<Replan> {
  const { startTime, endTime } = span;
  const { replan } = await disruptions.confirmClosure({
    ...{ hub: weekHub, kind: ClosureKind.CLOSURE, reason: "building-works" },
    startTime: must(startTime, "a closure begins"),
    endTime: must(endTime, "a closure ends"),
    ...as("capacity-planner"),
  });
  return must(replan, "a proposal is told");
}

/** How many sessions of these courses begin within a time. */
export function sessionsIn(
  courses: readonly Course[],
  { startTime, endTime }: Pick<Replan, "startTime" | "endTime">,
): number {
  const from = timestampMs(must(startTime, "a closure begins"));
  const to = timestampMs(must(endTime, "a closure ends"));
  return courses
    .flatMap(({ sessions }) => sessions)
    .map((session) => timestampMs(must(session.startTime, "a session begins")))
    .filter((start) => start >= from && start < to).length;
}
