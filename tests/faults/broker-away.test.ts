import { timestampMs } from "@bufbuild/protobuf/wkt";
import { CallError } from "@carehub/grpc/call-error";
import type { Outcome } from "@carehub/partners/outcome";
import type { Partner } from "@carehub/partners/partner";
import { until } from "@carehub/testing/wait";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { moveClocks } from "./sandbox.ts";
import { type FaultStage, setFaultStage } from "./stage.ts";
import { laterCopy, payingStory } from "./stories.ts";

let stage: FaultStage;

beforeAll(async () => {
  stage = await setFaultStage("broker");
});

afterAll(() => stage?.close());

test("an answer that did not come in time expires the case, though the broker was away; nothing is left", async () => {
  const story = laterCopy(payingStory(stage.examples), { weeks: 0, mark: "late" });
  let refusal: unknown;
  const late = { careState: "EXPIRED", settlementState: "NONE", reason: "ANSWER_OVERDUE" };
  const steps = story.steps.filter((step) => !["treatPatient", "acceptInvoice"].includes(step.do));
  const expired = { ...story, steps, expected: { ...late, events: ["caseStopAsked"], shows: [] } };
  const [outcome] = await playWithGuarantee(expired, async (guarantee, limits) => {
    await away(async () => {
      await moveClocks(stage.operator, limits.releaseAt.add({ seconds: 1 }));
      await guarantee().catch((error: unknown) => {
        refusal = error;
      });
      await swept();
    });
  });
  expect(refusal).toBeInstanceOf(CallError);
  expect(outcome).toMatchObject({ actual: late, differences: [] });
  await expectNothingBroken();
});

test("a guarantee given in time wins, though the broker is away past the time to answer", async () => {
  const story = laterCopy(payingStory(stage.examples), { weeks: 4, mark: "grace" });
  const [outcome] = await playWithGuarantee(story, async (guarantee, limits) => {
    await away(async () => {
      await guarantee();
      await moveClocks(stage.operator, limits.answerBy.add({ seconds: 1 }));
      await swept();
    });
  });
  expect(outcome).toMatchObject({ isAsExpected: true, differences: [] });
  await expectNothingBroken();
});

test("a guarantee given in time wins, though the broker is away past the hold's release time", async () => {
  const story = laterCopy(payingStory(stage.examples), { weeks: 16, mark: "release" });
  const [outcome] = await playWithGuarantee(story, async (guarantee, limits) => {
    await away(async () => {
      await guarantee();
      await moveClocks(stage.operator, limits.releaseAt.add({ seconds: 1 }));
      await swept();
    });
  });
  expect(outcome).toMatchObject({ isAsExpected: true, differences: [] });
  await expectNothingBroken();
});

type Limits = { readonly answerBy: Temporal.Instant; readonly releaseAt: Temporal.Instant };
type Interfere = (guarantee: () => Promise<unknown>, limits: Limits) => Promise<void>;
type Story = ReturnType<typeof payingStory>;

/** Plays a story in which the moment of the guarantee is given away. */
async function playWithGuarantee(story: Story, interfere: Interfere): Promise<Outcome[]> {
  const ministry = stage.partnerOf(`ministry/${story.ministry}`);
  const plain = ministry.accounts;
  const accounts: Partner["accounts"] = Object.create(plain, {
    guaranteePayment: {
      value: async (request: Parameters<typeof plain.guaranteePayment>[0]) => {
        const name = String(request.name).replace("accounts/", "courses/");
        const { course } = await ministry.courses.getCourse({ name });
        const answerBy = instantOf(course?.answerBy?.expireTime);
        const releaseAt = instantOf(course?.releaseTime);
        await interfere(() => plain.guaranteePayment(request), { answerBy, releaseAt });
        return {};
      },
    },
  });
  Object.assign(ministry, { accounts });
  try {
    return await stage.play([story]);
  } finally {
    Object.assign(ministry, { accounts: plain });
  }
}

function instantOf(time: Parameters<typeof timestampMs>[0] | undefined): Temporal.Instant {
  if (time === undefined) throw new Error("the course has no such time");
  return Temporal.Instant.fromEpochMilliseconds(timestampMs(time));
}

/** Does something while the broker answers nobody. */
async function away(work: () => Promise<void>): Promise<void> {
  const { kafka } = stage.backends;
  if (kafka === undefined) throw new Error("Kafka is not a process of this platform");
  kafka.pause();
  try {
    await work();
  } finally {
    kafka.resume();
  }
}

/** Resolves when intake has raised all that became due, so that it has decided by its own clock. */
async function swept(): Promise<void> {
  const client = new pg.Client({ connectionString: stage.platform.databaseUrl("intake") });
  await client.connect();
  try {
    const isSwept = async () => {
      const { rows } = await client.query("select from log.due where due_at <= app.now() limit 1");
      return rows.length === 0;
    };
    await until(isSwept, { what: "intake's sweeper", limitMs: 20_000 });
  } finally {
    await client.end();
  }
}

async function expectNothingBroken(): Promise<void> {
  const report = await stage.check();
  expect(report.findings.flatMap(({ violations }) => violations)).toEqual([]);
}
