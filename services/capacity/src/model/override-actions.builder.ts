/** What two persons of a hub can open for one course. */
import { now } from "@carehub/database/clock";
import {
  approveOverride,
  type OverrideCommand,
  proposeOverride,
  withdrawOverride,
} from "../app/override-commands.ts";
import type { Opens, StoredOverride } from "../domain/override.ts";
import { hubNow, type World } from "./hub-world.builder.ts";
import { type Action, commandOf } from "./on-course.builder.ts";
import type { Step } from "./steps.builder.ts";

type Parts = Omit<Action, "what" | "course" | "must">;

/** Proposes one for a course that there is, or for a new patient. */
export async function propose(
  world: World,
  { at, one, two }: Step,
  onDate: Temporal.PlainDate,
): Promise<Parts> {
  const { courses, overrides, capacity, hub } = world;
  const waiting = courses.findLast(({ state }) => state === "WAITLISTED");
  const there = courses.filter(({ state }) => state !== "NONE");
  const known = waiting ?? there[at % there.length];
  const course = one % 3 === 0 ? undefined : known?.id;
  const expiresAt = (await now(capacity.db)).add({ hours: 24 * (1 + (two % 9)) });
  const opens = await opensOf(world, { one, two }, onDate);
  const command = commandOf(hub);
  const respond = (view: StoredOverride) => {
    if (!overrides.includes(view.name)) overrides.push(view.name);
    return command.respond(view);
  };
  const asked = { hub: hub.name, course, opens, reason: "CLINICAL_URGENCY", expiresAt } as const;
  return {
    may: ["OVERRIDE_NOT_FITTING", "OVERRIDE_STANDS"],
    run: (deps) => proposeOverride(deps, asked, { ...command, respond }),
  };
}

async function opensOf(
  world: World,
  { one, two }: Pick<Step, "one" | "two">,
  firstDate: Temporal.PlainDate,
): Promise<Opens> {
  if (two % 2 === 0) {
    const lastDate = firstDate.add({ days: one % 4 });
    const pool = one % 4 === 3 ? "ward" : "picu";
    return { kind: "OVERBOOKING", pool, firstDate, lastDate, count: 1 };
  }
  const { document } = await hubNow(world);
  const startAt = firstDate
    .toZonedDateTime({ timeZone: document.zone, plainTime: "17:00" })
    .toInstant();
  const resources = document.resources.map(({ id }) => id);
  return { kind: "OUTSIDE_HOURS", resources, startAt, endAt: startAt.add({ hours: 6 }) };
}

/** Approves or withdraws one, mostly the last; at times the person who proposed it tries. */
export function decideOn(world: World, { kind, at, one, two }: Step): Parts | undefined {
  const { overrides, hub } = world;
  const name = one < 8 ? overrides.at(-1) : overrides[at % overrides.length];
  if (name === undefined) return undefined;
  const actor = { reference: two === 11 ? "e-1" : "e-2", role: "planner" };
  const command: OverrideCommand = { ...commandOf(hub, actor), name, etag: "" };
  const run = kind === "consent" ? approveOverride : withdrawOverride;
  return {
    may: ["OVERRIDE_NOT_OPEN", "OVERRIDE_NOT_FOUND", "OVERRIDE_SAME_PERSON"],
    run: (deps) => run(deps, command),
  };
}

/** How many were used. */
export async function usedOverrides({ capacity: { db }, hub }: World): Promise<number> {
  const rows = await db.run<{ used: number }>(
    "model-overrides",
    "select count(*)::integer as used from override where hub = $1 and state = 'USED'",
    [hub.name],
  );
  return rows[0]?.used ?? 0;
}
