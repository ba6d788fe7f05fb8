/*
 * Runs a scenario and judges each answer by the model; what was cut off is asked again and must be done exactly once.
 */
import { isDeepStrictEqual } from "node:util";
import type { Database } from "@carehub/database/pool";
import { DomainError } from "@carehub/rules/domain-error";
import fc from "fast-check";
import type { Deps } from "../app/capacity-app.ts";
import { disagreements } from "./compare.builder.ts";
import { actOn, askFor } from "./course-actions.builder.ts";
import { actOnHub } from "./hub-actions.builder.ts";
import {
  type Followed,
  followEvents,
  type ModelCapacity,
  openWorld,
  type World,
} from "./hub-world.builder.ts";
import type { Action } from "./on-course.builder.ts";
import { usedOverrides } from "./override-actions.builder.ts";
import { type Fault, type Scenario, type Step, scenarios } from "./steps.builder.ts";

/** How often what was met: by command and outcome, by fault, by event. */
export type Coverage = Map<string, number>;

/** Runs one scenario on a hub of its own; fails with all that was done where anything is not as the model says. */
export async function runScenario(
  capacity: ModelCapacity,
  { rooms, steps }: Scenario,
  coverage: Coverage,
): Promise<void> {
  const world = await openWorld(capacity, rooms);
  try {
    for (let index = 0; index < steps.length; index += 1) {
      const [step, next] = [steps[index], steps[index + 1]];
      if (step === undefined) break;
      if (step.fault === "at-once" && next !== undefined && !isTime(step) && !isTime(next)) {
        await runTogether(world, [step, next], coverage);
        index += 1;
      } else {
        await runStep(world, step, coverage);
      }
    }
    count(coverage, "override used", await usedOverrides(world));
    const found = await disagreements(world);
    if (found.length > 0) throw new Error(found.join("\n"));
  } catch (error) {
    const { trail } = world;
    throw new Error(
      `${error instanceof Error ? error.stack : error}\nafter:\n${trail.join("\n")}`,
      {
        cause: error,
      },
    );
  }
}

/** How much is run, from which seed on, and for how long at most. */
export type Extent = {
  readonly seed: number;
  readonly numRuns: number;
  readonly limitMs: number;
};

/** Runs that many scenarios, a part in each database at the same time; answers what was met. */
export async function checkScenarios(
  capacities: readonly ModelCapacity[],
  { seed, numRuns, limitMs }: Extent,
): Promise<Coverage> {
  const coverage: Coverage = new Map();
  await Promise.all(
    capacities.map((capacity, index) =>
      fc.assert(
        fc.asyncProperty(scenarios, (scenario) => runScenario(capacity, scenario, coverage)),
        {
          ...{ seed: seed + index, numRuns: Math.ceil(numRuns / capacities.length) },
          ...{ interruptAfterTimeLimit: limitMs, markInterruptAsFailure: true },
        },
      ),
    ),
  );
  return coverage;
}

// Everybody reads the clock: when it moves at the same time, both orders are right.
function isTime({ kind }: Step): boolean {
  return kind === "wait" || kind === "treat-until";
}

const ofHub = new Set([
  ...["publish", "grant", "import", "cancel-import", "outage", "approve", "refresh", "withdraw"],
  ...["override", "consent", "revoke", "wait", "treat-until", "sweep"],
]);

async function actionOf(world: World, step: Step): Promise<Action | undefined> {
  if (step.kind === "hold" || step.kind === "request") return await askFor(world, step);
  if (ofHub.has(step.kind)) return await actOnHub(world, step);
  const there = world.courses.filter(({ state }) => state !== "NONE");
  const course = there[step.at % there.length];
  return course && (await actOn(world, course, step));
}

type Outcome =
  | { readonly kind: "done"; readonly answer: unknown }
  | { readonly kind: "refused"; readonly reason: string };

async function outcomeOf(action: Action, deps: Deps): Promise<Outcome> {
  try {
    return { kind: "done", answer: await action.run(deps) };
  } catch (error) {
    if (error instanceof DomainError) return { kind: "refused", reason: error.reason };
    throw error;
  }
}

async function runStep(world: World, step: Step, coverage: Coverage): Promise<void> {
  const action = await actionOf(world, step);
  if (action === undefined) return;
  const { deps } = world.capacity;
  const fault = isTime(step) ? "none" : step.fault;
  const interrupted = await interrupt(action, deps, { fault, step });
  if (interrupted) count(coverage, `fault ${fault}`);
  const before = interrupted ? await followEvents(world) : [];
  // What was done before its answer was lost may be refused by nothing that came of it.
  const outcome = await outcomeOf(action, deps);
  const told = [...before, ...(await followEvents(world))];
  note(world, { step, outcome, told });
  count(coverage, `${action.what} ${outcome.kind}`);
  judge(action, outcome, told);
  if (fault === "again" && outcome.kind === "done") {
    count(coverage, "fault again");
    await repeat(world, action, outcome);
  }
}

async function repeat(world: World, action: Action, first: Outcome): Promise<void> {
  if (action.what === "sweep" || action.isQuestion) return;
  const second = await outcomeOf(action, world.capacity.deps);
  const told = await followEvents(world);
  const isSame =
    second.kind === "done" &&
    first.kind === "done" &&
    (isDeepStrictEqual(first.answer, second.answer) || second.answer === "duplicate");
  if (!isSame) throw new Error(`${action.what} was answered otherwise when it came again`);
  if (told.length > 0) throw new Error(`${action.what} was done again: ${JSON.stringify(told)}`);
}

async function runTogether(
  world: World,
  steps: readonly Step[],
  coverage: Coverage,
): Promise<void> {
  const actions: Action[] = [];
  for (const step of steps) {
    const action = await actionOf(world, step);
    if (action !== undefined) actions.push(action);
  }
  const { deps } = world.capacity;
  // Whatever one of them throws, the other is over before the next run begins.
  const inOrder = actions.every(({ isMessage }) => isMessage);
  const first = actions.slice(0, 1).map((action) => outcomeOf(action, deps));
  if (inOrder) await Promise.allSettled(first);
  const others = actions.slice(1).map((action) => outcomeOf(action, deps));
  const settled = await Promise.allSettled([...first, ...others]);
  const outcomes = settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
  const told = await followEvents(world);
  outcomes.forEach((outcome, index) => {
    count(coverage, `at-once ${outcome.kind}`);
    note(world, { step: steps[index], outcome, told });
  });
}

// Answers whether something went wrong on the way.
async function interrupt(
  action: Action,
  deps: Deps,
  { fault, step }: { readonly fault: Fault; readonly step: Step },
): Promise<boolean> {
  if (fault !== "cut" && fault !== "lost") return false;
  const db = fault === "cut" ? cutting(deps.db, 1 + (step.two % 7)) : losing(deps.db);
  try {
    await action.run({ ...deps, db: db.database });
  } catch (error) {
    if (!(error instanceof DomainError) && !db.happened()) throw error;
  }
  return db.happened();
}

// Ends the connection by the server, before the statement of that number in a transaction.
function cutting(db: Database, at: number) {
  let statements = 0;
  const database: Database = {
    ...db,
    transaction: (name, work) =>
      db.transaction(name, (tx) =>
        work({
          run: async (statement, sql, values) => {
            statements += 1;
            if (statements === at) {
              await tx.run("model-cut", "select pg_terminate_backend(pg_backend_pid())");
            }
            return await tx.run(statement, sql, values);
          },
        }),
      ),
  };
  return { database, happened: () => statements >= at };
}

function losing(db: Database) {
  let lost = false;
  const database: Database = {
    ...db,
    transaction: async (name, work) => {
      const result = await db.transaction(name, work);
      if (lost) return result;
      lost = true;
      throw new Error("the answer was lost");
    },
  };
  return { database, happened: () => lost };
}

function judge(action: Action, outcome: Outcome, told: readonly Followed[]): void {
  const { what, course, must, may, tells } = action;
  if (outcome.kind === "refused") {
    const isRight = must.length > 0 ? must.includes(outcome.reason) : may.includes(outcome.reason);
    if (!isRight) {
      throw new Error(`${what} was refused with ${outcome.reason}, not ${must} (or ${may})`);
    }
    return;
  }
  if (must.length > 0) throw new Error(`${what} was done, not refused with ${must}`);
  const ofCourse = told.filter((each) => each.course === course).map(({ event }) => event);
  // What is put off may be both sessions of a day; everything else is told once.
  const times = ofCourse.filter((event) => event === tells).length;
  if (tells !== undefined && (times === 0 || (times > 1 && what !== "postpone"))) {
    throw new Error(`${what} told ${ofCourse.join()}, not ${tells} once`);
  }
  const stray = told.filter((each) => each.course !== course && !mayFollow(what, each.event));
  if (stray.length > 0) throw new Error(`${what} told of others: ${JSON.stringify(stray)}`);
}

// Others lose a hold past its time, or get what came free; an outage tells of them, and a sweep moves them.
function mayFollow(what: string, event: Followed["event"]): boolean {
  if (event === "courseHoldLapsed" || event === "courseHeld") return true;
  if (event === "courseDisplaced") return what === "outage";
  return event === "courseMoved" && what === "sweep";
}

function note(
  { trail, courses }: World,
  { step, outcome, told }: { step: Step | undefined; outcome: Outcome; told: readonly Followed[] },
): void {
  const said = outcome.kind === "refused" ? outcome.reason : "done";
  const events = told.map(({ course, event }) => {
    return `${courses.findIndex(({ id }) => id === course)}:${event}`;
  });
  trail.push(`${JSON.stringify(step)} ${said} [${events.join(" ")}]`);
}

function count(coverage: Coverage, what: string, times = 1): void {
  coverage.set(what, (coverage.get(what) ?? 0) + times);
}
