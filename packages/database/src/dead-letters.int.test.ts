import { testDatabase } from "@carehub/testing/database";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buryLetter,
  countWaiting,
  freeKey,
  type Letter,
  listLetters,
  markFailed,
  markReplayed,
  parkLetter,
  readLetter,
  readParkedKeys,
  readWaiting,
} from "./dead-letters.ts";
import { type Database, openDatabase } from "./pool.ts";

const database = await testDatabase({ migrations: "log" });
let db: Database;

beforeAll(() => {
  db = openDatabase({ url: database.url, applicationName: "letters-test" });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

function aLetter(key: string, offset: number): Letter {
  const from = { consumer: "test", topic: "topic", partition: 3, messageOffset: BigInt(offset) };
  const event = { aggregate: `referrals/${key}`, revision: offset, type: "test.Event" };
  return { ...from, key, ...event, headers: { ce_id: "1" }, payload: Buffer.from([1, 2]) };
}

const why = { reason: "UNREADABLE", detail: "field 3", tries: 5 };

test("parks all later messages of a key behind the dead one, until they are replayed", async () => {
  const key = { consumer: "test", topic: "topic", key: "a" };
  expect(await parkLetter(db, aLetter("a", 1))).toBe("free");
  await buryLetter(db, aLetter("a", 2), why);
  await buryLetter(db, aLetter("a", 2), why);
  expect(await parkLetter(db, aLetter("a", 10))).toBe("parked");
  expect(await parkLetter(db, aLetter("a", 3))).toBe("parked");
  expect(await parkLetter(db, aLetter("b", 4))).toBe("free");
  expect(await readParkedKeys(db, "test")).toMatchObject([key]);
  const waiting = await readWaiting(db, key, 10);
  expect(waiting.map(({ messageOffset, state }) => [messageOffset, state])).toEqual([
    [2n, "DEAD"],
    [3n, "PARKED"],
    [10n, "PARKED"],
  ]);
  expect(waiting[0]).toMatchObject({ ...aLetter("a", 2), ...why });
  for (const { id } of waiting) {
    expect(await freeKey(db, key)).toBe(false);
    await markFailed(db, id, { reason: "AGAIN", detail: "" });
    await markReplayed(db, id);
  }
  expect(await freeKey(db, key)).toBe(true);
  expect(await parkLetter(db, aLetter("a", 11))).toBe("free");
  const replayed = await readLetter(db, waiting[0]?.id ?? 0n);
  expect(replayed).toMatchObject({ state: "REPLAYED", reason: "AGAIN", tries: 6 });
});

test("leaves no message parked behind a key that was freed at the same time", async () => {
  const key = { consumer: "test", topic: "topic", key: "race" };
  for (let turn = 0; turn < 50; turn += 1) {
    const dead = aLetter("race", 1_000 + turn * 2);
    await buryLetter(db, dead, why);
    for (const { id } of await readWaiting(db, key, 10)) await markReplayed(db, id);
    const [outcome, freed] = await Promise.all([
      parkLetter(db, aLetter("race", 1_001 + turn * 2)),
      freeKey(db, key),
    ]);
    // Parked and still held, or handled by the consumer; never parked behind nothing.
    expect({ outcome, freed }).toEqual(
      outcome === "parked" ? { outcome, freed: false } : { outcome, freed: true },
    );
  }
});

test("keeps another message in the place of a replayed one, as of a topic made anew", async () => {
  const place = (key: string, offset: number) => ({ ...aLetter(key, offset), consumer: "anew" });
  const keyOf = (key: string) => ({ consumer: "anew", topic: "topic", key });
  await buryLetter(db, place("old", 1), why);
  await parkLetter(db, place("old", 2));
  expect(await countWaiting(db, "anew")).toBe(2);
  const old = await readWaiting(db, keyOf("old"), 10);
  for (const { id } of old) await markReplayed(db, id);
  expect(await freeKey(db, keyOf("old"))).toBe(true);
  expect(await countWaiting(db, "anew")).toBe(0);
  const again = { reason: "REFUSED", detail: "", tries: 3 };
  await buryLetter(db, place("new", 1), again);
  expect(await parkLetter(db, place("new", 2))).toBe("parked");
  // A slower replay of the old ones ends only now.
  for (const { id } of old) await markReplayed(db, id);
  expect(await readWaiting(db, keyOf("new"), 10)).toMatchObject([
    { ...place("new", 1), ...again, state: "DEAD" },
    { ...place("new", 2), state: "PARKED" },
  ]);
  expect(await readParkedKeys(db, "anew")).toMatchObject([keyOf("new")]);
});

test("lists letters newest first, page by page", async () => {
  for (let offset = 1; offset <= 5; offset += 1) {
    await buryLetter(db, { ...aLetter("list", offset), consumer: "listed" }, why);
  }
  const first = await listLetters(db, { limit: 3, consumer: "listed" });
  const before = first[2]?.id ?? 0n;
  const second = await listLetters(db, { limit: 3, consumer: "listed", before, state: "DEAD" });
  const offsets = [...first, ...second].map(({ messageOffset }) => Number(messageOffset));
  expect(offsets).toEqual([5, 4, 3, 2, 1]);
});
