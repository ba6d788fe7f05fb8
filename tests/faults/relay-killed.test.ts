import type { Platform, ServiceName } from "@carehub/local/platform";
import { serviceNames } from "@carehub/local/platform";
import type { Outcome } from "@carehub/partners/outcome";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Report } from "../invariants/check-platform.ts";
import { readTopics } from "../invariants/topics.ts";
import { type FaultStage, setFaultStage, tellOutcome } from "./stage.ts";
import { payingStory } from "./stories.ts";

/** The third batch: after the registry and the hubs are published, in the middle of a case, in every service. */
const env: Record<string, string> = { CAREHUB_FAILPOINT: "relay.after-send:kill@3" };

let stage: FaultStage;
let outcomes: Outcome[];
let report: Report;
const deaths: ServiceName[] = [];

beforeAll(async () => {
  stage = await setFaultStage("relay", { env, onStarted: watchDeaths });
  outcomes = await stage.play([payingStory(stage.examples)]);
  report = await stage.check();
}, 180_000);

afterAll(() => stage?.close());

test("the relay of every service was killed between Kafka's ack and its cursor", () => {
  expect(deaths.toSorted()).toEqual(serviceNames.toSorted());
});

test("what was acknowledged is on the topics of two services or more a second time", async () => {
  const messages = await readTopics(stage.places.brokers);
  const copies = Map.groupBy(messages, ({ headers }) => headers.ce_id);
  const twice = [...copies.values()].filter((each) => each.length > 1);
  const services = new Set(twice.map(([first]) => first?.topic.split(".")[1]));
  expect(services.size).toBeGreaterThanOrEqual(2);
  expect(report.duplicates).toBeGreaterThanOrEqual(services.size);
});

test("it took effect once: the case ends as its file says, and the checker finds nothing", () => {
  expect(outcomes.filter(({ isAsExpected }) => !isAsExpected).map(tellOutcome)).toEqual([]);
  expect(report.findings.flatMap(({ violations }) => violations)).toEqual([]);
});

/** Starts again whatever dies by the fail point, without one; the others still have theirs. */
function watchDeaths(platform: Platform): void {
  for (const name of serviceNames) {
    void platform.services[name].exited.then(async (how) => {
      if (how !== "SIGKILL") return;
      deaths.push(name);
      delete env.CAREHUB_FAILPOINT;
      await platform.restart(name);
    });
  }
}
