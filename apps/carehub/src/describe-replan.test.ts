import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ClosureKind } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import {
  Replan_State,
  ReplanMove_Outcome,
  ReplanMoveSchema,
  ReplanSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/replan_pb.ts";
import { expect, test } from "vitest";
import { describeReplan } from "./describe-replan.ts";

const uuid = "018f0000-0000-7000-8000-000000000001";
const room = (id: string) => `hubs/astana-proton/resources/${id}`;

function at(time: string) {
  return timestampFromMs(Temporal.Instant.from(time).epochMilliseconds);
}

function told(parts: MessageInitShape<typeof ReplanSchema>): string {
  const proposal = {
    name: `hubs/astana-proton/replans/${uuid}`,
    etag: 'W/"1"',
    state: Replan_State.PROPOSED,
    kind: ClosureKind.OUTAGE,
    reason: "gantry-failure",
    resources: [room("room-1")],
    startTime: at("2026-01-28T04:00:00Z"),
    endTime: at("2026-01-29T19:00:00Z"),
  };
  return describeReplan(create(ReplanSchema, { ...proposal, ...parts }), "Asia/Almaty");
}

const planned = create(ReplanMoveSchema, {
  course: `courses/${uuid}`,
  outcome: ReplanMove_Outcome.PLANNED,
  interruptionCategory: 1,
  lostSessions: 1,
  prolongationDays: 1,
  prolongationDaysMax: 2,
  changes: [
    {
      number: 4,
      fromTime: at("2026-01-29T04:00:00Z"),
      toTime: at("2026-01-30T05:30:00Z"),
      fromSite: room("room-1"),
      toSite: room("room-3"),
    },
    { number: 0, fromTime: at("2026-01-29T04:00:00Z"), fromSite: "", toSite: "" },
  ],
});

test("tells for each course what it loses and which session goes where, in the hub's time", () => {
  const shown = told({ moves: [planned] });
  expect(shown).toContain(
    `course ${uuid}: gets new times, category 1, loses 1 session, longer by 1 day of 2 at most`,
  );
  expect(shown).toMatch(/4 .*Thu 2026-01-29 09:00 .*Fri 2026-01-30 10:30 .*room-1 -> room-3/);
  expect(shown).toMatch(/step 1 .*Thu 2026-01-29 09:00 .*dropped/);
});

test("a course that nothing fits is told as one to decide on", () => {
  const lost = { ...planned, changes: [], outcome: ReplanMove_Outcome.NO_WAY };
  const shown = told({ moves: [lost] });
  expect(shown).toContain(`course ${uuid}: DECIDE YOURSELF, no plan keeps its rules`);
  expect(shown).toContain("1 NO_WAY");
});

test("names the next command, fit for a shell, and who is left to approve", () => {
  const open = told({ moves: [planned] });
  expect(open).toContain(`next: carehub approve-replan ${uuid} --etag 'W/"1"' --actor PHYSICIST`);
  expect(open).toContain("and another person as clinician");
  const approvals = [{ actor: "p-1", role: "physicist" }];
  const half = told({ approvals, moves: [planned] });
  expect(half).toContain("--actor CLINICIAN --actor-role clinician");
  expect(half).not.toContain("another person");
  expect(told({ moves: [] })).toContain("nothing to approve");
  expect(told({ moves: [] })).toContain(`carehub withdraw-replan ${uuid}`);
  const lost = { ...planned, outcome: ReplanMove_Outcome.NO_WAY };
  expect(told({ moves: [lost] })).toContain(`then carehub refresh-replan ${uuid}`);
  expect(told({ state: Replan_State.APPLIED })).not.toContain("next:");
  const overtaken = { ...planned, outcome: ReplanMove_Outcome.OVERTAKEN };
  expect(told({ state: Replan_State.APPLIED, moves: [overtaken] })).toContain(
    `next: carehub refresh-replan ${uuid}`,
  );
});
