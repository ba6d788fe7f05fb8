import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import { HubSchema } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { afterAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { UsageError } from "./asked.ts";
import { aHub, written } from "./example.builder.ts";
import { fromFiles } from "./files.ts";
import { isAccepted, reportOn, writeReport } from "./report.ts";

const folder = mkdtempSync(join(tmpdir(), "verify-course-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const { text, hash } = written();
const shown = toJson(HubSchema, aHub());
const hub = file("hub.yaml", stringify({ illustrative: true, hub: shown }));
const course = (name: string, ofHash: string) =>
  JSON.stringify({
    course: { name, certificate: { hash: ofHash }, certificateDocument: text },
  });

function reportOf(hubs: readonly string[], certificates: readonly string[]) {
  const report = reportOn(fromFiles(hubs, certificates));
  const rules = report.courses.map(({ violations }) => violations.map(({ rule }) => rule));
  return { report, rules };
}

test("reads a canonical text, and says that its hash was not given", () => {
  const { report } = reportOf([hub], [file("certificate.json", text)]);
  expect(isAccepted(report)).toBe(true);
  expect(writeReport(report)).toContain("OK (its hash was not given)");
});

test("reads a course as the API shows it, with its name and hash", () => {
  const files = [
    file("right.json", course("courses/one", hash)),
    file("other-name.json", course("courses/two", hash)),
    file("other-hash.json", course("courses/one", "00")),
  ];
  const { report, rules } = reportOf([hub], files);
  expect(rules).toEqual([[], ["COURSE"], ["HASH"]]);
  expect(isAccepted(report)).toBe(false);
  expect(report.together.violations.map(({ rule }) => rule)).toContain("DOUBLE_BOOKING");
});

test("takes a document without a version for the one that is named, and misses another", () => {
  const { version: _, ...unpublished } = shown as Record<string, never>;
  const draft = file("draft.json", JSON.stringify(unpublished));
  const older = file("older.json", JSON.stringify({ ...unpublished, version: 2 }));
  const certificate = file("certificate.json", text);
  expect(reportOf([draft], [certificate]).rules).toEqual([[]]);
  expect(reportOf([older], [certificate]).rules).toEqual([["VERSION"]]);
});

test("says which file it cannot read", () => {
  const rubbish = file("rubbish.json", "[1, 2]");
  expect(() => fromFiles([hub], [rubbish])).toThrow(UsageError);
  expect(() => fromFiles([hub], [join(folder, "none.json")])).toThrow(/none\.json cannot be read/);
});
