/** What can be asked of a hub: its document, its imports, its outages, and its time. */
import { moveClock, now } from "@carehub/database/clock";
import { disruptHub } from "../app/disrupt-hub.ts";
import { importExternals } from "../app/external-import.ts";
import { grantForHub } from "../app/opening-grant.ts";
import { publishHub } from "../app/publish-hub.ts";
import { approveReplan, refreshReplan, withdrawReplan } from "../app/replan-commands.ts";
import { sweep } from "../capacity.builder.ts";
import type { ExternalEntry } from "../domain/external-booking.ts";
import type { HubDocument } from "../domain/hub.ts";
import type { StoredReplan } from "../domain/hub-replan.ts";
import { dateOfDay, instantOfMinute } from "../domain/hub-time.ts";
import { aStay, aTime, cancelled } from "../external.builder.ts";
import { isSaid } from "./course-model.builder.ts";
import { hubNow, minuteNow, type World } from "./hub-world.builder.ts";
import { type Action, commandOf } from "./on-course.builder.ts";
import { decideOn, propose } from "./override-actions.builder.ts";
import type { Step } from "./steps.builder.ts";

/** A command on the hub itself. */
export async function actOnHub(world: World, step: Step): Promise<Action | undefined> {
  const makers: Readonly<Record<string, () => Promise<Parts | undefined>>> = {
    publish: () => publish(world, step),
    grant: async () => grant(world, step),
    import: () => importNew(world, step),
    "cancel-import": async () => cancelImport(world, step),
    outage: () => outage(world, step),
    approve: async () => decide(world, step),
    refresh: async () => decide(world, step),
    withdraw: async () => decide(world, step),
    override: async () => propose(world, step, await dayOf(world, 3 + (step.at % 6))),
    consent: async () => decideOn(world, step),
    revoke: async () => decideOn(world, step),
    wait: async () => wait(world, step),
    "treat-until": async () => treatUntil(world, step),
    sweep: async () => ({ may: [], run: sweep }),
  };
  const make = makers[step.kind];
  if (make === undefined) throw new Error(`no command ${step.kind}`);
  const parts = await make();
  return parts && { what: step.kind, must: [], ...parts };
}

type Parts = Omit<Action, "what" | "course" | "must">;

// A day of the first two weeks of sessions, as far as it is not over.
async function dayOf(world: World, index: number): Promise<Temporal.PlainDate> {
  const { time } = await hubNow(world);
  return dateOfDay(time.dayOf(await minuteNow(world)) + 1 + index);
}

async function publish(world: World, step: Step): Promise<Parts> {
  const { document } = await hubNow(world);
  const next = changed(document, step, await dayOf(world, step.at));
  const command = { ...commandOf(world.hub), etag: "" };
  return { may: ["BOOKINGS_IN_THE_WAY"], run: (deps) => publishHub(deps, next, command) };
}

function changed(
  document: HubDocument,
  { one, two }: Step,
  onDate: Temporal.PlainDate,
): HubDocument {
  const room = document.resources[two % 2]?.id ?? "room-1";
  const dates = { firstDate: onDate, lastDate: onDate.add({ days: two % 2 }) };
  const { closures, exceptionalOpenings, pools } = document;
  switch (one % 5) {
    case 0: {
      const hours = { start: 480, end: 480 + 120 * (1 + (two % 5)) };
      const closure = { kind: "MAINTENANCE", reason: "check", resources: [room] } as const;
      return { ...document, closures: [...closures, { ...closure, ...dates, ...hours }] };
    }
    case 1:
      return { ...document, closures: closures.slice(0, -1) };
    case 2: {
      const opening = { resources: [room], onDate, start: 1080, end: 1260 };
      return { ...document, exceptionalOpenings: [...exceptionalOpenings, opening] };
    }
    case 3: {
      const change = { ...dates, capacity: two % 3, reason: "staffing" };
      return {
        ...document,
        pools: pools.map((pool) =>
          pool.kind === "BED" ? { ...pool, changes: [...(pool.changes ?? []), change] } : pool,
        ),
      };
    }
    default:
      return {
        ...document,
        resources: document.resources.map((resource) => ({
          ...resource,
          weeklyOpenings: resource.weeklyOpenings.map((opening) => ({
            ...opening,
            end: opening.end + (two % 2 === 0 ? 60 : -60),
          })),
        })),
      };
  }
}

function grant(world: World, { at }: Step): Parts | undefined {
  const asked = world.courses.filter(({ own, state }) => !own && state !== "NONE");
  const course = asked[at % asked.length]?.id;
  if (course === undefined) return undefined;
  const command = { ...commandOf(world.hub), hub: world.hub.name, etag: "" };
  return {
    may: ["NO_OPENINGS_SUGGESTED", "OPENING_IN_PAST", "BOOKINGS_IN_THE_WAY", "COURSE_NOT_FOUND"],
    run: (deps) => grantForHub(deps, { kind: "course", course }, command),
  };
}

async function importNew(world: World, { at, one, two }: Step): Promise<Parts> {
  const date = await dayOf(world, at);
  const sourceId = `entry-${one % 4}`;
  const from = `${date}T${String(3 + (two % 8)).padStart(2, "0")}:00:00Z`;
  const until = Temporal.Instant.from(from).add({ hours: 1 + (one % 3) });
  const span = [from, until.toString()] as const;
  const inRoom = () => aTime("room-1", span, { sourceId, beamMinutes: 5 * (1 + (two % 8)) });
  const inTheatre = () => aTime("theatre-1", span, { sourceId });
  const entry =
    two % 4 === 3
      ? aStay(two % 8 === 3 ? "picu" : "ward", { first: date, days: 1 + (one % 2) }, { sourceId })
      : one % 6 === 5
        ? inTheatre()
        : inRoom();
  world.externals.push(entry);
  return importing(world, entry);
}

function cancelImport(world: World, { at }: Step): Parts | undefined {
  const known = world.externals[at % world.externals.length];
  return known && importing(world, cancelled(known));
}

function importing(world: World, entry: ExternalEntry): Parts {
  const command = { ...commandOf(world.hub), hub: world.hub.name };
  const asked = { ...command, entries: [entry], replaced: undefined };
  return { may: [], run: (deps) => importExternals(deps, asked) };
}

async function outage(world: World, { at, one, two }: Step): Promise<Parts> {
  const { document } = await hubNow(world);
  const date = await dayOf(world, at % 10);
  const start = date
    .toZonedDateTime(document.zone)
    .toInstant()
    .add({ hours: two % 2 === 0 ? 0 : 9 });
  const rooms = document.resources.filter(({ kind }) => kind === "ROOM").map(({ id }) => id);
  const named = [[], ["room-1"], ["theatre-1"], rooms][one % 4] ?? [];
  const command = { ...commandOf(world.hub), etag: "" };
  const toClose = {
    ...{ hub: world.hub.name, kind: one % 2 === 0 ? ("STAFFING" as const) : ("OUTAGE" as const) },
    ...{ reason: "failure", resources: named, startAt: start },
    endAt: start.add({ hours: [3, 24, 48][one % 3] ?? 24 }),
  };
  const respond = (view: StoredReplan) => {
    if (!world.replans.includes(view.name)) world.replans.push(view.name);
    return command.respond(view);
  };
  return { may: [], run: (deps) => disruptHub(deps, toClose, { ...command, respond }) };
}

function decide(world: World, { kind, at, one }: Step): Parts | undefined {
  const name = one < 8 ? world.replans.at(-1) : world.replans[at % world.replans.length];
  if (name === undefined) return undefined;
  const role = one % 2 === 0 ? "physicist" : "clinician";
  const actor = { reference: `${role}-1`, role };
  const command = { ...commandOf(world.hub, actor), name, etag: "" };
  const run = { approve: approveReplan, refresh: refreshReplan, withdraw: withdrawReplan }[kind];
  if (run === undefined) throw new Error(`no command ${kind}`);
  return {
    may: ["REPLAN_NOT_OPEN", "REPLAN_NOT_FOUND", "APPROVED_ALREADY"],
    run: (deps) => run(deps, command),
  };
}

function wait(world: World, { one }: Step): Parts {
  const hours = [1, 12, 24, 48, 72, 168][one % 6] ?? 24;
  return { may: [], run: () => moveOn(world, { hours }) };
}

async function moveOn({ capacity }: World, by: { hours: number }): Promise<void> {
  const time = (await now(capacity.db)).add(by);
  const minute = Math.floor(time.epochMilliseconds / 60_000);
  await moveClock(capacity.db, { to: instantOfMinute(minute) });
}

// To the end of a course's next session: what comes before it is over, and it may be recorded.
function treatUntil({ capacity, courses }: World, { at }: Step): Parts | undefined {
  const course = courses[at % courses.length];
  const next = course?.sessions.find(({ number }) => !isSaid(course, number));
  if (next === undefined) return undefined;
  const run = async () => {
    const to = instantOfMinute(next.end);
    if (Temporal.Instant.compare(await now(capacity.db), to) < 0) {
      await moveClock(capacity.db, { to });
    }
  };
  return { may: [], run };
}
