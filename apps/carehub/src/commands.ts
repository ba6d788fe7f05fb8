import { bookingsHelp } from "./bookings-file.ts";
import { capacityHelp } from "./capacity-csv.ts";
import {
  findCourses,
  listBookings,
  listReplans,
  optionsOfReads,
  showHub,
  showReplan,
} from "./capacity-reads.ts";
import { change, changeOptions, isSigned } from "./change.ts";
import { importBookings } from "./import-bookings.ts";
import { importCapacity } from "./import-capacity.ts";
import { type Mutation, mutations } from "./mutations.ts";
import { clock, deadLetters, replay, whoAmI } from "./operate.ts";
import { listOverrides, overridesOptions, showOverride } from "./overrides.ts";
import { actions, list, type Reading, show, showAccount, showCourse } from "./reads.ts";
import { recordSessions } from "./record-sessions.ts";
import { listSessions } from "./sessions.ts";
import { sessionsHelp } from "./sessions-file.ts";
import { targets } from "./targets.ts";
import { watch } from "./watch.ts";
import { watchCapacity, watchCourses } from "./watch-streams.ts";

/** What a command is run with. */
export type Run = Reading & {
  /** What stands behind the target. */
  readonly rest: readonly string[];
  readonly writeLine: (line: string) => void;
  readonly signal: AbortSignal;
};

/** One command of the program. */
export type Command = {
  readonly name: string;
  /** What stands behind the name, as the help shows it. */
  readonly operands: string;
  readonly by: string;
  readonly summary: string;
  /** One without a hint takes no value. */
  readonly options: readonly { readonly name: string; readonly hint: string }[];
  /** What its help says beside the options. */
  readonly about?: string;
  /** Answers what to write; undefined when it wrote as it went. */
  readonly run: (run: Run) => Promise<string | undefined>;
};

const signing = [
  { name: "actor", hint: "REFERENCE" },
  { name: "actor-role", hint: "ROLE" },
  { name: "request-id", hint: "UUID" },
];

const dryRun = { name: "dry-run", hint: "" };

const noOptions: Command["options"] = [];

const stream = [
  { name: "cursor", hint: "CURSOR" },
  { name: "from", hint: "now" },
  { name: "count", hint: "N" },
];

const reads: readonly Command[] = [
  read("list", "what is under way", list, [
    { name: "state", hint: "CARE_STATE" },
    { name: "open", hint: "yes" },
  ]),
  read("show CASE", "a case: where it stands, and all that happened", show),
  read("actions CASE", "what you may do now, and what blocks the rest", actions),
  read("course CASE", "the course with its sessions", showCourse),
  read("account CASE", "estimate, guarantee and invoice", showAccount),
  read("watch", "the events of your cases as they come", watchEvents, [
    { name: "cursor", hint: "CURSOR" },
    { name: "count", hint: "N" },
  ]),
  read("watch-courses", "the events of your courses as they come", watchCourses, stream),
  {
    ...read("watch-capacity HUB", "what a hub publishes, as it comes", watchCapacity, stream),
    by: "everyone",
  },
  { ...read("whoami", "who the certificate says you are", whoAmI), by: "everyone" },
];

const hubOption = { name: "hub", hint: "HUB" };

const capacityReads: readonly Command[] = [
  byHub("sessions [DATE]", "the day's list: what is planned, and what was recorded", listSessions, [
    hubOption,
    { name: "csv", hint: "" },
  ]),
  {
    ...byHub("record-sessions FILE", "record many sessions, from a table", recordSessions, [
      { name: "zone", hint: "ZONE" },
      dryRun,
      ...signing,
    ]),
    about: sessionsHelp,
  },
  byHub("replans", "proposals of new times after a closure or an outage", listReplans, [
    ...optionsOfReads.replans,
  ]),
  byHub("replan [PROPOSAL]", "a proposal, course by course; the open one unless told", showReplan),
  byHub("overrides", "what was opened beyond what the hub has, and by whom", listOverrides, [
    ...overridesOptions,
  ]),
  byHub("override OVERRIDE", "one override", showOverride),
  byHub("bookings", "what was imported of the hub's own systems", listBookings, [
    hubOption,
    ...optionsOfReads.bookings,
  ]),
  everyone("hub [HUB]", "what a hub has published", showHub, [...optionsOfReads.hub]),
  everyone("find-courses", "the earliest courses at many hubs; holds nothing", findCourses, [
    ...optionsOfReads.courses,
    { name: "with", hint: "FILE" },
  ]),
];

const operations: readonly Command[] = [
  operate("dead-letters [SERVICE]", "messages that could not be handled", deadLetters),
  operate("replay SERVICE TOPIC KEY", "handle them again, in their order", replay, signing),
  operate("clock [TIME|LENGTH]", "every service's clock; in a sandbox, moves it", clock, signing),
];

const imports: readonly Command[] = [
  {
    ...read("import-capacity FILE", "publish what the hub can treat, from a file", importCapacity, [
      { name: "hub", hint: "HUB" },
      { name: "etag", hint: "TEXT" },
      dryRun,
      ...signing,
    ]),
    by: "hub",
    about: capacityHelp,
  },
  {
    ...read(
      "import-bookings FILE",
      "take over what the hub's own system has booked",
      importBookings,
      [
        { name: "hub", hint: "HUB" },
        { name: "zone", hint: "ZONE" },
        { name: "replace-source", hint: "SOURCE" },
        { name: "replace-from", hint: "YYYY-MM-DD" },
        { name: "replace-to", hint: "YYYY-MM-DD" },
        dryRun,
        ...signing,
      ],
    ),
    by: "hub",
    about: bookingsHelp,
  },
];

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  ...reads,
  ...mutations.map(toCommand),
  ...capacityReads,
  ...imports,
  ...operations,
];

type Reads = (run: Run) => Promise<string | undefined>;

function read(usage: string, summary: string, run: Reads, options = noOptions): Command {
  const [name = "", ...operands] = usage.split(" ");
  return { name, operands: operands.join(" "), by: "ministry, hub", summary, options, run };
}

function byHub(usage: string, summary: string, run: Reads, options = noOptions): Command {
  return { ...read(usage, summary, run, options), by: "hub" };
}

function everyone(usage: string, summary: string, run: Reads, options = noOptions): Command {
  return { ...read(usage, summary, run, options), by: "everyone" };
}

function operate(usage: string, summary: string, run: Reads, options = noOptions): Command {
  return { ...read(usage, summary, run, options), by: "operator" };
}

async function watchEvents(run: Run): Promise<undefined> {
  await watch(run, run);
}

function toCommand(mutation: Mutation): Command {
  const { name, by, summary, resource } = mutation;
  const { operands = "", options: named = [] } = resource === undefined ? {} : targets[resource];
  const own = changeOptions(mutation);
  const signed = isSigned(mutation) ? signing : [];
  const options = [...named, ...own, { name: "with", hint: "FILE" }, ...signed];
  return { name, operands, by, summary, options, run: (run) => change(mutation, run) };
}
