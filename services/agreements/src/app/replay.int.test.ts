import { randomUUIDv7 } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  aConfirmation,
  nextMessage,
  openTestAgreements,
  publishParties,
  publishTexts,
  registrar,
  request,
} from "../agreements.builder.ts";
import { aClause, aProtocol, aTreaty, payersOf } from "../domain/agreement.builder.ts";
import { confirmEntitlement } from "./confirm-entitlement.ts";
import { getDecision, getEntitlement, type Queries } from "./queries.ts";
import { replayDecision } from "./replay.ts";

let agreements: Awaited<ReturnType<typeof openTestAgreements>>;
let queries: Queries;

beforeAll(async () => {
  agreements = await openTestAgreements();
  queries = agreements.queries;
  await publishParties(agreements.app);
  await publishTexts(agreements.app, aTreaty(), aProtocol());
});

afterAll(() => agreements.close());

const decisions = async (id: string) => {
  const { decision, confirmDecision } = await getEntitlement(queries, registrar, id);
  const read = (found: string | null) => getDecision(queries, registrar, found ?? "");
  return {
    granted: await read(decision),
    confirmed: confirmDecision && (await read(confirmDecision)),
  };
};

test("a decision made again as known then is the same, whatever was published since", async () => {
  const { app } = agreements;
  const [covered, refused] = [randomUUIDv7(), randomUUIDv7()];
  await request(app, covered);
  const asked = aConfirmation(covered, ["2026-07-06", "2026-07-20"]);
  await confirmEntitlement(app, asked, nextMessage(covered));
  await request(app, refused, { facts: { age_years: 40 } });

  const clauses = [
    ...aProtocol().clauses.filter(({ id }) => id !== "heart" && id !== "payers"),
    aClause("none", { kind: "COVERAGE", care: "PLANNED", hubs: [], diagnosisPrefixes: ["I25"] }),
    aClause("payers", payersOf("parties/KZ")),
  ];
  await publishTexts(
    app,
    aProtocol({ version: 2, clauses, tariffs: aProtocol().tariffs.slice(0, 1) }),
  );

  const { granted, confirmed } = await decisions(covered);
  if (!confirmed) throw new Error("the course was confirmed");
  expect(await replayDecision(app, granted)).toEqual({ decision: granted, same: true });
  expect((await replayDecision(app, confirmed)).same).toBe(true);
  const { granted: no } = await decisions(refused);
  expect((await replayDecision(app, no)).same).toBe(true);

  const later = Temporal.Now.instant().add({ hours: 1 });
  const anew = await replayDecision(app, granted, later);
  expect(anew.same).toBe(false);
  expect(anew.decision).toMatchObject({ outcome: "REFUSED", reason: "DIAGNOSIS_NOT_COVERED" });
  expect((await replayDecision(app, confirmed, later)).decision.reason).toBe("PERIOD_CLOSED");
});

test("a decision keeps its facts, both times, the calendar's version and every clause", async () => {
  const id = randomUUIDv7();
  await request(agreements.app, id, { facts: { diagnosis_code: "I25.1" } });
  const { granted } = await decisions(id);
  expect(granted.facts).toMatchObject({ diagnosis_code: "I25.1", age_years: 6 });
  expect(granted.validOn.toString()).toBe("2026-02-02");
  expect(granted.knownAt).toBeInstanceOf(Temporal.Instant);
  expect(granted.calendarVersion).not.toBe("");
  const versions = granted.findings.map(({ agreement, version }) => [agreement, version]);
  expect(versions).toEqual([
    ["agreements/protocol", 2],
    ["agreements/treaty", 1],
  ]);
  expect(granted.findings.flatMap(({ clauses }) => clauses).length).toBeGreaterThan(7);
});
