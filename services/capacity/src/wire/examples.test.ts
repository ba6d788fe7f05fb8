import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { PublishHubRequestSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { expect, test } from "vitest";
import { certificateDocument } from "../domain/certificate.ts";
import { createDemand, type TimedHub } from "../domain/demand.ts";
import { holdParts } from "../domain/hold.ts";
import { aPlan, testNow } from "../domain/hub.builder.ts";
import { checkHubDocument } from "../domain/hub-rules.ts";
import { planCourse } from "../domain/planner.ts";
import { checkCourse } from "./course-checker.builder.ts";
import { anExampleHub, closedTimes, readExampleHub } from "./example-hub.builder.ts";
import { readHubDocument, toWireHub } from "./hub-document.ts";

const validator = createValidator();

test.each(["astana-oncology", "astana-proton", "umc-heart"])(
  "the example %s fits its schema and itself",
  (name) => {
    const request = create(PublishHubRequestSchema, {
      hub: readExampleHub(name),
      requestId: "0198c0de-0000-7000-8000-000000000000",
      actor: { reference: "e-1", role: "capacity-planner" },
    });
    expect(validator.validate(PublishHubRequestSchema, request)).toMatchObject({ kind: "valid" });
    const hub = anExampleHub(name);
    checkHubDocument(hub.document, testNow);
    const again = readHubDocument(toWireHub(hub, testNow));
    expect(again).toEqual(hub.document);
  },
);

test.each([
  { hub: "astana-proton", template: "proton-course", sessions: 30, underAnaesthesia: true },
  { hub: "astana-proton", template: "proton-course", sessions: 30, underAnaesthesia: false },
  { hub: "astana-proton", template: "proton-short-course", sessions: 5, underAnaesthesia: false },
  { hub: "astana-proton", template: "proton-compensation", sessions: 2, underAnaesthesia: false },
  { hub: "astana-oncology", template: "chemotherapy-21-day", sessions: 4, underAnaesthesia: false },
  { hub: "astana-oncology", template: "chemotherapy-14-day", sessions: 6, underAnaesthesia: false },
  { hub: "astana-proton", template: "proton-child", sessions: 33, underAnaesthesia: true },
  { hub: "astana-oncology", template: "radioiodine", sessions: 1, underAnaesthesia: false },
  { hub: "astana-oncology", template: "diagnostics", sessions: 1, underAnaesthesia: false },
  { hub: "umc-heart", template: "fallot-repair", sessions: 1, underAnaesthesia: true },
  { hub: "umc-heart", template: "septal-defect-closure", sessions: 1, underAnaesthesia: true },
])(
  "plans $template of $hub from January on",
  ({ hub: name, template, sessions, underAnaesthesia }) => {
    const { starts, problems } = plan(anExampleHub(name), { template, underAnaesthesia });
    expect(starts).toHaveLength(sessions);
    expect(problems).toEqual([]);
  },
);

test("plans four cycles three weeks apart, the first with its days in the ward", () => {
  const hub = anExampleHub("astana-oncology");
  const asked = { template: "chemotherapy-21-day", underAnaesthesia: false };
  const { starts, problems, parts } = plan(hub, asked);
  expect(problems).toEqual([]);
  const gaps = starts.slice(1).map((day, index) => day - (starts[index] ?? 0));
  expect(gaps).toHaveLength(3);
  for (const gap of gaps) expect([20, 21, 22, 23]).toContain(gap);
  expect(parts?.serviceItems).toEqual([
    { serviceCode: "chemotherapy-planning", quantity: 1 },
    { serviceCode: "chemotherapy-cycle", quantity: 4 },
    { serviceCode: "ward-day", quantity: 2 },
  ]);
});

test("plans twelve cycles over half a year within some milliseconds", () => {
  const asked = { template: "chemotherapy-14-day", underAnaesthesia: false, cycles: 12 };
  plan(anExampleHub("astana-oncology"), asked);
  const hub = anExampleHub("astana-oncology");
  const before = process.cpuUsage();
  const { starts, problems } = plan(hub, asked);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(400);
  expect(problems).toEqual([]);
  expect(starts).toHaveLength(12);
});

function plan(
  hub: TimedHub,
  asked: {
    readonly template: string;
    readonly underAnaesthesia: boolean;
    readonly cycles?: number;
  },
) {
  const { template, underAnaesthesia, cycles } = asked;
  const readyDate = Temporal.PlainDate.from("2026-01-26");
  const dates = { readyDate, dueDate: readyDate.add({ days: 14 }) };
  const phases = cycles === undefined ? [] : [{ phase: "cycles", sessionCount: cycles }];
  const wanted = aPlan("", { ...dates, underAnaesthesia, phases });
  const named = { ...wanted, template: `${hub.document.name}/templates/${template}` };
  const demand = createDemand(hub, named, testNow);
  const found = planCourse({ demand, availability: { busy: closedTimes(hub), used: new Map() } });
  if (found.kind === "blocked") return { starts: [], problems: ["blocked"] };
  const parts = holdParts(demand, found.course);
  const text = certificateDocument({ course: "courses/example", hub, demand, ...parts });
  return {
    starts: found.course.sessions.map(({ day }) => day),
    problems: checkCourse(hub.document, text, demand.phases.length),
    parts,
  };
}
