import { resuming } from "@carehub/grpc/resume";
import { until } from "@carehub/testing/wait";
import { afterAll, expect, test } from "vitest";
import { aPublishedHub, openTestCapacity } from "../capacity.builder.ts";
import { aCourseRow, serveWatch, tellEvent } from "./watch-service.builder.ts";
import { readCursor, writeCursor } from "./watch-service-cursor.ts";

const capacity = await openTestCapacity();
const { db } = capacity;
const watching = await serveWatch(capacity, [
  "ministry/UZ",
  "ministry/KG",
  "hub/watched",
  "hub/foreign",
  "operator/desk",
]);
afterAll(async () => {
  await watching.close();
  await capacity.close();
});

const hub = "hubs/watched";
const released = { case: "courseReleased", value: { round: 1, reason: "ASKED" } } as const;

/** The same numbers for the same seed. */
function seeded(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** The ids of the events of a hub's or a party's courses as the log has them, in the order of their numbers. */
async function sequenceOf(column: "hub" | "sending_party", value: string): Promise<string[]> {
  const rows = await db.run<{ id: string }>(
    `test-sequence-${column}`,
    `select event_id as id from log.published join log.event using (position)
     join course on course.id::text = key where ${column} = $1 order by number`,
    [value],
  );
  return rows.map(({ id }) => id);
}

async function lastNumber(): Promise<bigint> {
  const [row] = await db.run<{ last: bigint }>(
    "test-last",
    "select coalesce(max(number), 0) as last from log.published",
  );
  return row?.last ?? 0n;
}

/** Waits until every event has its number. */
function numbered() {
  const pending = () => db.run("test-pending", "select from log.pending limit 1");
  return until(async () => (await pending()).length === 0, { what: "numbers for all events" });
}

type Message = { readonly cursor: string; readonly eventId: string };

/** Reads the next messages of a stream, and leaves it. */
async function take<Each extends Message>(stream: AsyncIterable<Each>, count: number) {
  const messages: Each[] = [];
  for await (const message of stream) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

/** Reads the next messages that hold an event; at the end of what there is a stream tells its cursor first. */
async function takeEvents<Each extends Message>(stream: AsyncIterable<Each>, count: number) {
  const events = (async function* () {
    for await (const message of stream) if (message.eventId !== "") yield message;
  })();
  return take(events, count);
}

/** What a stream was refused with. */
function refusalOf(stream: AsyncIterable<Message>): Promise<unknown> {
  return take(stream, 1).catch((error) => error);
}

/** Reads with the last cursor after each loss of the line, until as many events have come. */
async function watchCut(identity: string, count: number, seed: number): Promise<string[]> {
  const random = seeded(seed);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]);
  const seen: string[] = [];
  const open = (cursor: string, options: { readonly signal: AbortSignal }) =>
    watching.as(identity).watchCourses({ cursor }, options);
  let toCut = random(30);
  for await (const { eventId } of resuming(open, { cursor: "", signal })) {
    if (eventId !== "") seen.push(eventId);
    if (seen.length >= count) stop.abort();
    toCut -= 1;
    if (toCut > 0) continue;
    watching.cut();
    toCut = 1 + random(40);
  }
  return seen;
}

test("tells each party the sequence of its own events, once and in order, through any cut", async () => {
  const places = [
    { hub, sendingParty: "parties/UZ" },
    { hub, sendingParty: "parties/KG" },
    { hub: "hubs/other", sendingParty: "parties/KG" },
  ];
  const courses = await Promise.all(
    [...places, ...places, ...places].map((each) => aCourseRow(capacity, each)),
  );
  const random = seeded(7);
  const write = async (own: readonly string[]) => {
    for (let count = 0; count < 100; ) {
      const id = own[random(own.length)] as string;
      const fails = random(10) === 0;
      // Some commit long after events with higher positions were told.
      await tellEvent(capacity, id, { event: released, keepMs: random(5) === 0 ? 60 : 0, fails });
      if (!fails) count += 1;
      if (count === 50 && own === writers[0]) await watching.restart();
    }
  };
  const writers = [courses.slice(0, 3), courses.slice(3, 6), courses.slice(6)];
  const writing = Promise.all(writers.map(write)).then(numbered);
  const countOf = async (column: "hub" | "sending_party", value: string) => {
    await writing;
    return (await sequenceOf(column, value)).length;
  };
  // Whoever reads does not know how many will come: each stops when it has what there is at the end.
  const watchers = [
    ["ministry/UZ", "sending_party", "parties/UZ"],
    ["ministry/KG", "sending_party", "parties/KG"],
    ["hub/watched", "hub", hub],
  ] as const;
  const early = watchers.map(([identity], index) => watchCut(identity, 40, 11 + index));
  const seen = await Promise.all(early);
  for (const [index, [identity, column, value]] of watchers.entries()) {
    const whole = await watchCut(identity, await countOf(column, value), 21 + index);
    const sequence = await sequenceOf(column, value);
    expect(sequence.length).toBeGreaterThan(60);
    expect(whole).toEqual(sequence);
    expect(seen[index]).toEqual(sequence.slice(0, seen[index]?.length));
  }
});

test("tells a party without courses nothing of all that, but how far it has come", async () => {
  await numbered();
  const [message, ...rest] = await take(watching.as("hub/foreign").watchCourses({}), 1);
  expect(rest).toEqual([]);
  expect(message?.eventId).toBe("");
  expect(message?.event).toBeUndefined();
  const place = readCursor(["courses", "hub/foreign"], message?.cursor ?? "");
  expect(place).toBe(await lastNumber());
});

test("begins with what happens from now on, also after a loss before the first event", async () => {
  const client = watching.as("ministry/UZ");
  const [first] = await take(client.watchCourses({ fromNow: true }), 1);
  expect(first?.event).toBeUndefined();
  const id = await aCourseRow(capacity, { hub, sendingParty: "parties/UZ" });
  await tellEvent(capacity, id, { event: released });
  const cursor = first?.cursor ?? "";
  const [next] = await takeEvents(client.watchCourses({ fromNow: true, cursor }), 1);
  expect(next?.event).toMatchObject({ course: `courses/${id}`, revision: 1n, hub });
});

test("tells an event within a moment of its commit", async () => {
  const id = await aCourseRow(capacity, { hub, sendingParty: "parties/UZ" });
  const stream = watching.as("hub/watched").watchCourses({ fromNow: true });
  const iterator = stream[Symbol.asyncIterator]();
  await iterator.next();
  const began = performance.now();
  await tellEvent(capacity, id, { event: released });
  const { value } = await iterator.next();
  expect(value?.event?.course).toBe(`courses/${id}`);
  expect(performance.now() - began).toBeLessThan(2_000);
  await iterator.return?.();
});

test("says how far it has come while it passes over many events of others", async () => {
  const before = await lastNumber();
  const id = await aCourseRow(capacity, { hub: "hubs/other", sendingParty: "parties/KG" });
  await db.run(
    "test-many",
    `with told as (insert into log.event
       (position, topic, key, aggregate, revision, type, payload, occurred_at)
       select nextval('log.position'), 'carehub.capacity.courses', $1, 'courses/' || $1, revision,
         'test', '\\x', app.now() from generate_series(1, 45000) as revision returning position)
     insert into log.pending (position) select position from told`,
    [id],
  );
  await numbered();
  const query = ["courses", "hub/foreign"];
  const cursor = writeCursor(query, before);
  const messages = await take(watching.as("hub/foreign").watchCourses({ cursor }), 3);
  const steps = messages.map((each) => Number((readCursor(query, each.cursor) ?? 0n) - before));
  expect(steps).toEqual([20_000, 40_000, 45_000]);
  expect(messages.every(({ eventId }) => eventId === "")).toBe(true);
});

test("names the courses that a longer stay displaces to their hub only", async () => {
  const id = await aCourseRow(capacity, { hub, sendingParty: "parties/UZ" });
  const cursors = await Promise.all(
    ["ministry/UZ", "hub/watched"].map(async (identity) => {
      const [told] = await take(watching.as(identity).watchCourses({ fromNow: true }), 1);
      return [identity, told?.cursor ?? ""] as const;
    }),
  );
  const displacedCourses = ["courses/0198c5f2-7a0e-7c3e-9d44-0a1b2c3d4e5f"];
  const value = { pool: `${hub}/pools/icu`, displacedCourses };
  await tellEvent(capacity, id, { event: { case: "capacityShortfallDetected", value } });
  const named = cursors.map(async ([identity, cursor]) => {
    const [message] = await takeEvents(watching.as(identity).watchCourses({ cursor }), 1);
    const told = message?.event?.event;
    return told?.case === "capacityShortfallDetected" && told.value;
  });
  expect(await Promise.all(named)).toMatchObject([
    { pool: value.pool, displacedCourses: [] },
    { pool: value.pool, displacedCourses },
  ]);
});

test("tells every version of a hub to whoever asks, and knows no other hub", async () => {
  const published = await aPublishedHub(capacity.deps);
  await published.publish();
  await aPublishedHub(capacity.deps);
  await numbered();
  for (const identity of ["ministry/KG", "hub/foreign", "operator/desk"]) {
    const client = watching.as(identity);
    const [one, two] = await takeEvents(client.watchCapacity({ hub: published.name }), 2);
    expect([one, two].map((each) => each?.event)).toMatchObject([
      { hub: published.name, revision: 1n, event: { case: "hubPublished", value: { version: 1 } } },
      { hub: published.name, revision: 2n, event: { value: { version: 2 } } },
    ]);
    const again = client.watchCapacity({ hub: published.name, cursor: one?.cursor ?? "" });
    const [next, end] = await take(again, 2);
    expect(next?.eventId).toBe(two?.eventId);
    expect(end?.event).toBeUndefined();
  }
  const refusal = await refusalOf(watching.as("ministry/UZ").watchCapacity({ hub: "hubs/none" }));
  expect(refusal).toMatchObject({ code: "NOT_FOUND", reason: "HUB_NOT_FOUND" });
});

test("takes a cursor of this caller and query only, and of a place that there is", async () => {
  const client = watching.as("ministry/UZ");
  const own = ["courses", "ministry/UZ"];
  const cursors = [
    writeCursor(["courses", "ministry/KG"], 1n),
    writeCursor(["capacity", "ministry/UZ", hub], 1n),
    writeCursor(own, (await lastNumber()) + 1_000n),
    writeCursor(own, 1n).slice(0, -1),
    "12",
  ];
  for (const cursor of cursors) {
    const refusal = {
      code: "INVALID_ARGUMENT",
      reason: "CURSOR_INVALID",
      metadata: { field: "cursor" },
    };
    expect(await refusalOf(client.watchCourses({ cursor }))).toMatchObject(refusal);
  }
  expect(await take(client.watchCourses({ cursor: writeCursor(own, 1n) }), 1)).toHaveLength(1);
});
