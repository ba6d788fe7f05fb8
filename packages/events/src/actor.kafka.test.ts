import { randomUUID } from "node:crypto";
import { startNumbering } from "@carehub/database/numbering";
import { requestSource } from "@carehub/database/source";
import { transact } from "@carehub/database/transact";
import { must } from "@carehub/rules/fault";
import { afterAll, beforeAll, expect, test } from "vitest";
import { aPayload, openTestEvents, readTopic, silent, type TestEvents } from "./events.builder.ts";
import { startRelay } from "./relay.ts";
import { readMessage } from "./wire.ts";

let events: TestEvents;

beforeAll(async () => {
  events = await openTestEvents();
});

afterAll(() => events.close());

test("keeps who acted, with the signature as received, in the log and in the message", async () => {
  const { db, kafka } = events;
  const topic = await events.newTopic();
  const signature = `eyJhbGciOiJFUzI1NiJ9..${"aZ0-_".repeat(800)}`;
  const actor = { reference: "person-7", role: "clinician", onBehalfOf: "person-1", signature };
  const told = { topic, key: "signed", type: "test.Told", payload: aPayload("") };
  const request = { caller: "hub/astana-proton", requestId: randomUUID(), method: "Tell" };
  await transact(db, {
    name: "sign",
    source: requestSource({ ...request, body: new Uint8Array() }),
    actor,
    work: async () => ({
      state: undefined,
      aggregates: [{ aggregate: "things/signed", revision: 0, events: [told] }],
      response: new Uint8Array(),
    }),
  });
  const sql = "select caller, actor from log.event where topic = $1";
  expect(await db.run("signed", sql, [topic])).toEqual([{ caller: request.caller, actor }]);
  const numbering = startNumbering(db);
  const producer = kafka.producer();
  const relay = startRelay({ db, producer, name: "actor", logger: silent });
  const [message] = must((await readTopic(kafka, topic, 1)).get("signed"), "the event was sent");
  await Promise.all([relay.close(), numbering.close()]);
  await producer.close();
  expect(readMessage(must(message, "the event was sent"))).toMatchObject({ actor });
});
