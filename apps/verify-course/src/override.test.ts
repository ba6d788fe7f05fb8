import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type Override,
  Override_State,
  OverrideSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/override_pb.ts";
import { expect, test } from "vitest";
import { checkCourse, checkTogether } from "./check.ts";
import { aHub, at, type Document, onDay, written } from "./example.builder.ts";
import { move } from "./mutate.builder.ts";
import { reportOn, writeReport } from "./report.ts";

const name = "hubs/test/overrides/0198c0de-0000-7000-8000-000000000001";
const hub = aHub();
const time = (text: string) => timestampFromDate(new Date(text));

type Parts = Exclude<MessageInitShape<typeof OverrideSchema>, Override>;

const consent = (actor: string) => ({ actor, role: "planner", consentTime: time(at(1, 8)) });
const used: Parts = {
  name,
  course: "courses/one",
  state: Override_State.USED,
  useTime: time(at(1, 9)),
  proposal: consent("e-1"),
  approval: consent("e-2"),
};

/** Opens a room, a team and a bay on the first evening. */
const evening: Parts = {
  ...used,
  opens: {
    case: "outsideHours",
    value: {
      resources: ["room-1", "bay-1", "team-1"].map((id) => `hubs/test/resources/${id}`),
      startTime: time(at(14, 15)),
      endTime: time(at(14, 20)),
    },
  },
};

const named = (document: Document) => void Object.assign(document, { override: { name } });

/** The last session is given on Saturday in the evening, when nothing is open. */
function late(document: Document): void {
  named(document);
  move(10, 8 * 60)(document);
}

function rulesOf(change: (document: Document) => void, override?: Parts): string[] {
  const { text, hash } = written(change);
  const given = override && create(OverrideSchema, override);
  return [...new Set(checkCourse(text, hash, hub, given).map(({ rule }) => rule))].toSorted();
}

const openings = (rules: readonly string[]) =>
  rules.filter((rule) => rule === "OPENING" || rule === "OVERRIDE");

test("accepts a session outside hours exactly where its override opens everything that it uses", () => {
  expect(openings(rulesOf(late, evening))).toEqual([]);
  expect(openings(rulesOf(late))).toEqual(["OPENING", "OVERRIDE"]);
  const { value } = evening.opens as { value: { resources: string[] } };
  const less = (parts: object): Parts => ({
    ...evening,
    opens: { case: "outsideHours", value: { ...value, ...parts } },
  });
  const withoutBay = value.resources.filter((resource) => !resource.endsWith("bay-1"));
  expect(openings(rulesOf(late, less({ resources: withoutBay })))).toEqual(["OPENING"]);
  expect(openings(rulesOf(late, less({ endTime: time(at(14, 18)) })))).toEqual(["OPENING"]);
});

test.each<[string, Parts]>([
  ["of another course", { course: "courses/two" }],
  ["with another name", { name: name.replace("1", "2") }],
  ["that is only approved", { state: Override_State.APPROVED }],
  ["by one person", { approval: consent("e-1") }],
  ["that nobody approved", { approval: undefined }],
])("rejects an override %s, and what it would open", (_, parts) => {
  expect(openings(rulesOf(late, { ...evening, ...parts }))).toEqual(["OPENING", "OVERRIDE"]);
});

test("believes two times where the persons are not shown", () => {
  const unnamed = { ...consent(""), actor: "" };
  expect(openings(rulesOf(late, { ...evening, proposal: unnamed, approval: unnamed }))).toEqual([]);
});

test("counts opened beds for their own course, on their days, up to their number", () => {
  const { firstDate: first } = onDay(1);
  const beds = (count: number, lastDate = onDay(28).lastDate, course = "courses/3"): Parts => {
    const value = { pool: "hubs/test/pools/ward", firstDate: first, lastDate, count };
    return { ...used, course, opens: { case: "overbooking", value } };
  };
  const together = (override: Parts | undefined) => {
    const rules = checkTogether(
      ["courses/1", "courses/2", "courses/3"].map((course, index) => {
        const own = index === 2;
        const { text } = written((document) => {
          document.course = course;
          if (own) named(document);
        });
        const given = own && override ? { override: create(OverrideSchema, override) } : {};
        return { text, hub, ...given };
      }),
    ).map(({ rule }) => rule);
    return rules.filter((rule) => rule === "BEDS_FULL" || rule === "BEDS_RESERVED").length;
  };
  expect(together(undefined)).toBeGreaterThan(0);
  expect(together(beds(1))).toBe(0);
  expect(together(beds(1, onDay(3).lastDate))).toBeGreaterThan(0);
  expect(together(beds(1, onDay(28).lastDate, "courses/1"))).toBeGreaterThan(0);
});

test("says in the report by which override a course is accepted", () => {
  const { text, hash } = written(late);
  const override = create(OverrideSchema, evening);
  const asked = { course: "courses/one", isNamed: true, text, hash, hub, override, missed: [] };
  const report = reportOn({ courses: [{ ...asked, isLive: true }], versions: [] });
  expect(report.courses[0]).toMatchObject({ override: name });
  expect(writeReport(report)).toContain(`  override  ${name}`);
  expect(writeReport(reportOn({ courses: [], versions: [] }))).not.toContain("override");
});
