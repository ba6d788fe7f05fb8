import { fromJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import type { Hub } from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { expect, test } from "vitest";
import { checkTogether } from "./check.ts";
import { aHub, type Document, written } from "./example.builder.ts";
import { inRoom, part } from "./mutate.builder.ts";

const hub = aHub();

function rulesOf(
  changes: readonly ((document: Document) => void)[],
  versions: readonly Hub[] = [],
) {
  const certified = changes.map((change) => ({ text: written(change).text, hub }));
  return [...new Set(checkTogether(certified, versions).map(({ rule }) => rule))].toSorted();
}

const same = () => undefined;

/** Another patient in another room, with nothing else of the first one. */
function elsewhere(document: Document): void {
  document.course = "courses/two";
  inRoom("room-3")(document);
  for (const session of document.sessions) session.resources = session.resources.slice(1, 2);
  part(document.preparation[0]).resources = [];
  document.stays = [];
}

const later = (hours: number) => (document: Document) => {
  elsewhere(document);
  for (const timed of document.sessions.flatMap((session) => [session, ...session.resources])) {
    timed.start_time = moved(timed.start_time, hours);
    timed.end_time = moved(timed.end_time, hours);
  }
};

function moved(time: string, hours: number): string {
  return Temporal.Instant.from(time).add({ hours }).toString();
}

test("accepts courses in different rooms, and beams that take turns", () => {
  expect(rulesOf([same])).toEqual([]);
  expect(rulesOf([same, elsewhere])).toEqual([]);
});

test("rejects the same course twice: its resources and beds", () => {
  const twice = [
    same,
    (document: Document) => void Object.assign(document, { course: "courses/2" }),
  ];
  expect(rulesOf(twice)).toEqual(["DOUBLE_BOOKING"]);
  expect(rulesOf([...twice, elsewhere, same])).toContain("BEDS_FULL");
});

test("rejects a third patient whom the beam does not reach in its half hour", () => {
  const third = (document: Document) => {
    elsewhere(document);
    inRoom("room-2")(document);
  };
  expect(rulesOf([same, elsewhere, third])).toEqual(["BEAM_FULL"]);
  expect(rulesOf([same, elsewhere, later(3)])).toEqual([]);
});

function withWard(version: number, publishedAt: string, more: Partial<Hub["pools"][number]>) {
  const changed = aHub();
  changed.version = version;
  changed.updateTime = fromJson(TimestampSchema, publishedAt);
  for (const pool of changed.pools) if (pool.id === "ward") Object.assign(pool, more);
  return changed;
}

test("counts beds as the version has them that was in force on the day", () => {
  expect(rulesOf([same], [withWard(4, "2026-01-20T00:00:00Z", { capacity: 0 })])).toEqual([
    "BEDS_FULL",
  ]);
  expect(rulesOf([same], [withWard(4, "2026-02-08T00:00:00Z", { capacity: 0 })])).toEqual([]);
  const closed = {
    firstDate: { year: 2026, month: 2, day: 3 },
    lastDate: { year: 2026, month: 2, day: 3 },
  };
  const changes = [{ ...closed, capacity: 0, reason: "staffing" }] as never;
  expect(rulesOf([same], [withWard(4, "2026-01-20T00:00:00Z", { changes })])).toEqual([
    "BEDS_FULL",
  ]);
});

test("lets only emergencies have the beds that are kept for them", () => {
  const kept = withWard(3, "2026-01-20T00:00:00Z", { emergencyReserve: 2 });
  const rules = (isEmergency: boolean) => {
    const { text } = written(
      (document) => void Object.assign(document, { is_emergency: isEmergency }),
    );
    return checkTogether([{ text, hub: kept }]).map(({ rule }) => rule);
  };
  expect(new Set(rules(false))).toEqual(new Set(["BEDS_RESERVED"]));
  expect(rules(true)).toEqual([]);
});

test("gives the time of a missed session to somebody else", () => {
  const one = { text: written().text, hub };
  const other = written((document) => {
    elsewhere(document);
    inRoom("room-1")(document);
    document.sessions = document.sessions.slice(0, 1);
  });
  const check = (missed: readonly number[]) =>
    checkTogether([
      { ...one, missed },
      { text: other.text, hub },
    ]).map(({ rule }) => rule);
  expect(check([2])).toEqual(["DOUBLE_BOOKING"]);
  expect(check([1])).toEqual([]);
});
