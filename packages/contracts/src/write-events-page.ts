/**
 * Writes docs/events.md from the protos: every event with its owner, topic, consumers and meaning,
 * and a sample as ProtoJSON. The page's place can be given as the first argument.
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { sampleJson } from "./sample-json.ts";

type Topic = {
  readonly file: string;
  readonly message: string;
  readonly topic: string;
  readonly owner: string;
  readonly consumers: string;
};

const topics: readonly Topic[] = [
  {
    file: "carehub/intake/v1/case_events.proto",
    message: "CaseEvent",
    topic: "carehub.intake.cases",
    owner: "intake",
    consumers: "agreements, capacity, billing; partners by PullCaseEvents",
  },
  {
    file: "carehub/agreements/v1/entitlement_events.proto",
    message: "EntitlementEvent",
    topic: "carehub.agreements.entitlements",
    owner: "agreements",
    consumers: "intake",
  },
  {
    file: "carehub/capacity/v1/course_events.proto",
    message: "CourseEvent",
    topic: "carehub.capacity.courses",
    owner: "capacity",
    consumers: "intake; hubs and ministries by WatchCourses",
  },
  {
    file: "carehub/capacity/v1/hub_events.proto",
    message: "HubEvent",
    topic: "carehub.capacity.hubs",
    owner: "capacity",
    consumers: "partners, of its versions, by WatchCapacity",
  },
  {
    file: "carehub/billing/v1/account_events.proto",
    message: "AccountEvent",
    topic: "carehub.billing.accounts",
    owner: "billing",
    consumers: "intake",
  },
];

const root = join(import.meta.dirname, "../../..");
const image = execFileSync("buf", ["build", "-o", "-#format=binpb"], {
  cwd: root,
  maxBuffer: 64 * 1024 * 1024,
});
const files = fromBinary(FileDescriptorSetSchema, image).file;
writeFileSync(process.argv[2] ?? join(root, "docs/events.md"), page());

function page(): string {
  const head = [
    "# Events",
    "",
    "Made from the protos by `npm run contracts:generate`; do not edit.",
    "",
    "Each topic has one message type with one variant per event, 8 partitions, and the headers of",
    "CloudEvents 1.0 in binary mode: `ce_id` (the event id, UUIDv7), `ce_type`, `ce_source`, `ce_time`,",
    "`ce_specversion`, `content-type: application/protobuf`, and `traceparent`.",
    "",
  ];
  return `${[...head, ...topics.flatMap(section)].join("\n").trimEnd()}\n`;
}

function section(topic: Topic): string[] {
  const file = files.find((each) => each.name === topic.file);
  if (file === undefined) throw new Error(`${topic.file} is not in the image`);
  const index = file.messageType.findIndex((message) => message.name === topic.message);
  const variants = file.messageType[index]?.field ?? [];
  const rows = variants.flatMap((field, position) => {
    if (field.oneofIndex !== 0 || !Object.hasOwn(field, "oneofIndex")) return [];
    const type = field.typeName.split(".").at(-1) ?? "";
    const meaning = comment(file, [4, index, 2, position]);
    return [`| \`${type}\` | \`${field.name}\` | ${meaning} |`];
  });
  return [
    `## ${topic.topic}`,
    "",
    `Owner: ${topic.owner}. Consumers: ${topic.consumers}. Message: \`${file.package}.${topic.message}\`.`,
    "",
    "| event | field | meaning |",
    "| --- | --- | --- |",
    ...rows,
    "",
    "A sample:",
    "",
    "```json",
    sampleJson(topic.message),
    "```",
    "",
  ];
}

function comment(file: FileDescriptorProto, path: readonly number[]): string {
  const found = file.sourceCodeInfo?.location.find(
    (location) => location.path.join(".") === path.join("."),
  );
  return (found?.leadingComments ?? "").trim().replaceAll(/\s+/g, " ");
}
