import type { SessionChange } from "@carehub/contracts/gen/carehub/capacity/v1/course_events_pb.ts";
import type { ClosureWindow } from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import {
  ClosureKindSchema,
  InterruptionCategory,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import {
  type Replan,
  Replan_State,
  Replan_StateSchema,
  type ReplanMove,
  ReplanMove_Outcome,
  ReplanMove_OutcomeSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { nameOf } from "./describe.ts";
import { facts, showTime, table } from "./output.ts";
import { showLocal } from "./times.ts";

/** A proposal with what would change for each course, and what to do next. */
export function describeReplan(replan: Replan, zone: string): string {
  const { moves, approvals } = replan;
  const head = facts([
    ["proposal", replan.name],
    ["state", nameOf(Replan_StateSchema, replan.state)],
    ["for", `${nameOf(ClosureKindSchema, replan.kind)}, ${replan.reason}`],
    ["closed", replan.resources.map(lastPart).join(", ")],
    ["from", showLocal(replan.startTime, zone)],
    ["to", showLocal(replan.endTime, zone)],
    ["times", zone],
    ["courses", countsOf(moves)],
    ...approvals.map(
      ({ actor, role, approveTime }) =>
        ["approved by", `${actor} (${role}) at ${showLocal(approveTime, zone)}`] as const,
    ),
    ["etag", replan.etag],
  ]);
  return [head, ...moves.map((move) => describeMove(move, zone)), nextStep(replan)]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The caller's proposals, one a row. */
export function replansTable(replans: readonly Replan[], zone: string): string {
  if (replans.length === 0) return "no proposals";
  const rows = replans.map((replan) => [
    replan.name.split("/").at(-1),
    nameOf(Replan_StateSchema, replan.state),
    nameOf(ClosureKindSchema, replan.kind),
    replan.reason,
    replan.resources.map(lastPart).join(", "),
    showLocal(replan.startTime, zone),
    showLocal(replan.endTime, zone),
    replan.approvals.map(({ role }) => role).join(", "),
    showTime(replan.createTime),
  ]);
  const head = ["proposal", "state", "for", "why", "closed", "from", "to", "approved as", "made"];
  return table(head, rows);
}

/** The sessions whose time or place is another, one a row. */
export function changesTable(changes: readonly SessionChange[], zone: string): string {
  if (changes.length === 0) return "no session has another time";
  const rows = changes.map(({ number, fromTime, toTime, fromSite, toSite }) => [
    sessionName(number),
    fromTime === undefined ? "new" : showLocal(fromTime, zone),
    toTime === undefined ? "dropped" : showLocal(toTime, zone),
    fromSite === toSite ? lastPart(toSite) : `${lastPart(fromSite)} -> ${lastPart(toSite)}`,
  ]);
  return table(["session", "was", "is to be", "where"], rows);
}

/** The windows in which a closure disturbs least, one a row. */
export function windowsTable(windows: readonly ClosureWindow[], zone: string): string {
  if (windows.length === 0) return "no such window: name more days, or another time of the day";
  const rows = windows.map((window) => [
    showLocal(window.startTime, zone),
    showLocal(window.endTime, zone),
    window.sessionCount,
    window.courseCount,
    window.category1Count,
    [...new Set(window.sessions.map(({ course }) => lastPart(course)))].slice(0, 2).join("\n"),
  ]);
  const head = ["from", "to", "sessions", "courses", "of category 1", "courses, the first"];
  return table(head, rows);
}

/** How a session is called where steps of the preparation are numbered from 0 down. */
export function sessionName(number: number): string {
  return number > 0 ? String(number) : `step ${1 - number}`;
}

/** What stands behind the last slash of a name. */
export function lastPart(name: string): string {
  return name.split("/").at(-1) ?? name;
}

function describeMove(move: ReplanMove, zone: string): string {
  const { course, outcome, prolongationDays, prolongationDaysMax } = move;
  const category = move.interruptionCategory;
  const most = prolongationDaysMax === undefined ? "" : ` of ${prolongationDaysMax} at most`;
  const line = [
    `course ${lastPart(course)}: ${outcomes[outcome] ?? nameOf(ReplanMove_OutcomeSchema, outcome)}`,
    category === InterruptionCategory.INTERRUPTION_CATEGORY_UNSPECIFIED
      ? ""
      : `category ${category}`,
    `loses ${counted(move.lostSessions, "session")}`,
    prolongationDays === 0 ? "" : `longer by ${counted(prolongationDays, "day")}${most}`,
    move.compensations === 0 ? "" : `${counted(move.compensations, "session")} made up for`,
  ];
  const told = line.filter((part) => part !== "").join(", ");
  if (move.changes.length === 0) return told;
  return `${told}\n${changesTable(move.changes, zone)}`;
}

const outcomes: Readonly<Partial<Record<ReplanMove_Outcome, string>>> = {
  [ReplanMove_Outcome.PLANNED]: "gets new times",
  [ReplanMove_Outcome.BEYOND_LIMIT]: "DECIDE YOURSELF, every plan lasts longer than allowed",
  [ReplanMove_Outcome.NO_WAY]: "DECIDE YOURSELF, no plan keeps its rules",
  [ReplanMove_Outcome.MOVED]: "has its new times",
  [ReplanMove_Outcome.OVERTAKEN]: "NOT MOVED, something changed meanwhile",
};

function countsOf(moves: readonly ReplanMove[]): string {
  if (moves.length === 0) return "none loses a session";
  const byOutcome = Map.groupBy(moves, ({ outcome }) => outcome);
  return [...byOutcome]
    .map(([outcome, some]) => `${some.length} ${nameOf(ReplanMove_OutcomeSchema, outcome)}`)
    .join(", ");
}

function nextStep({ name, state, etag, approvals, moves }: Replan): string {
  if (state === Replan_State.APPROVED) return "its courses are being moved: read it again soon";
  const id = lastPart(name);
  if (moves.some(({ outcome }) => outcome === ReplanMove_Outcome.OVERTAKEN)) {
    return `next: carehub refresh-replan ${id}`;
  }
  if (state !== Replan_State.PROPOSED) return "";
  if (moves.length === 0) {
    return `nothing to approve: the time is closed; if it is free after all: carehub withdraw-replan ${id}`;
  }
  if (moves.every(({ outcome }) => outcome !== ReplanMove_Outcome.PLANNED)) {
    return `next: carehub move, postpone or interrupt for each of them, then carehub refresh-replan ${id}`;
  }
  const given = approvals.map(({ role }) => role);
  const [role, other] = ["physicist", "clinician"].filter((each) => !given.includes(each));
  if (role === undefined) return "";
  const who = `--actor ${role.toUpperCase()} --actor-role ${role}`;
  const next = `next: carehub approve-replan ${id} --etag '${etag}' ${who}`;
  return other === undefined ? next : `${next}\n      and another person as ${other}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
