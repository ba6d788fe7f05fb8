import { readFileSync } from "node:fs";
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { PublishHubRequestSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_service_pb.ts";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { certificateDocument } from "../domain/certificate.ts";
import { checkCourse } from "../domain/course-checker.builder.ts";
import { createDemand } from "../domain/demand.ts";
import { holdParts } from "../domain/hold.ts";
import { aPlan, testNow } from "../domain/hub.builder.ts";
import { checkHubDocument } from "../domain/hub-rules.ts";
import { createHubTime } from "../domain/hub-time.ts";
import { planCourse } from "../domain/planner.ts";
import { closureSpans } from "../domain/stranded.ts";
import { readHubDocument, toWireHub } from "./hub-document.ts";

const validator = createValidator();

function loadHub(name: string) {
  const url = new URL(`../../../../examples/hubs/${name}.yaml`, import.meta.url);
  const file = parse(readFileSync(url, "utf8")) as JsonObject;
  expect(file.illustrative).toBe(true);
  const request = create(PublishHubRequestSchema, {
    hub: fromJson(HubSchema, file.hub ?? null),
    requestId: "0198c0de-0000-7000-8000-000000000000",
    actor: { reference: "e-1", role: "capacity-planner" },
  });
  expect(validator.validate(PublishHubRequestSchema, request)).toMatchObject({ kind: "valid" });
  const document = readHubDocument(request.hub ?? create(HubSchema));
  checkHubDocument(document, testNow);
  const times = { createdAt: testNow, updatedAt: testNow, time: createHubTime(document) };
  return { document, version: 1, ...times };
}

test.each(["astana-proton", "umc-heart"])("the example %s fits its schema and itself", (name) => {
  const hub = loadHub(name);
  const again = readHubDocument(toWireHub(hub, testNow));
  expect(again).toEqual(hub.document);
});

test.each([
  { hub: "astana-proton", template: "proton-course", sessions: 30, underAnaesthesia: true },
  { hub: "astana-proton", template: "proton-course", sessions: 30, underAnaesthesia: false },
  { hub: "astana-proton", template: "proton-short-course", sessions: 5, underAnaesthesia: false },
  { hub: "astana-proton", template: "proton-compensation", sessions: 2, underAnaesthesia: false },
  { hub: "umc-heart", template: "fallot-repair", sessions: 1, underAnaesthesia: true },
  { hub: "umc-heart", template: "septal-defect-closure", sessions: 1, underAnaesthesia: true },
])(
  "plans $template of $hub from January on",
  ({ hub: name, template, sessions, underAnaesthesia }) => {
    const hub = loadHub(name);
    const readyDate = Temporal.PlainDate.from("2026-01-26");
    const dates = { readyDate, dueDate: readyDate.add({ days: 14 }) };
    const plan = aPlan("", { ...dates, underAnaesthesia });
    const asked = { ...plan, template: `${hub.document.name}/templates/${template}` };
    const demand = createDemand(hub, asked, testNow);
    const found = planCourse({ demand, availability: { busy: closed(hub), used: new Map() } });
    expect(found.kind).toBe("fits");
    if (found.kind !== "fits") return;
    const parts = holdParts(demand, found.course);
    const text = certificateDocument({ course: "courses/example", hub, demand, ...parts });
    expect(checkCourse(hub.document, text, sessions)).toEqual([]);
  },
);

function closed({ document, time }: ReturnType<typeof loadHub>) {
  return new Map(
    document.resources.map(({ id }) => [
      id,
      closureSpans(document, time)
        .filter(({ resource }) => resource.endsWith(`/${id}`))
        .map(({ start, end }) => ({ start, end })),
    ]),
  );
}
