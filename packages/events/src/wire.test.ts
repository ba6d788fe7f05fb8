import { expect, test } from "vitest";
import type { IncomingMessage, OutgoingMessage } from "./kafka-port.ts";
import { readMessage, toMessage, type WireEvent } from "./wire.ts";

const event: WireEvent = {
  eventId: "0198a4f2-7c10-7a3e-8f6b-2f1c7d9e0a11",
  topic: "carehub.intake.cases",
  key: "0198a4f2-0000-7000-8000-000000000001",
  aggregate: "referrals/0198a4f2-0000-7000-8000-000000000001",
  revision: 4,
  type: "carehub.intake.v1.ReferralAccepted",
  payload: new Uint8Array([10, 3, 97, 98, 99]),
  occurredAt: Temporal.Instant.from("2026-01-05T04:30:00.123456Z"),
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  actor: { reference: "person-7", role: "clinician", onBehalfOf: "hub/astana-proton" },
};

function received(message: OutgoingMessage): IncomingMessage {
  return { ...message, offset: 0n };
}

test("looks on Kafka as the golden message says", () => {
  expect(toMessage(event)).toEqual({
    topic: "carehub.intake.cases",
    partition: 1,
    key: "0198a4f2-0000-7000-8000-000000000001",
    value: new Uint8Array([10, 3, 97, 98, 99]),
    headers: {
      ce_id: "0198a4f2-7c10-7a3e-8f6b-2f1c7d9e0a11",
      ce_type: "carehub.intake.v1.ReferralAccepted",
      ce_source: "/carehub/intake",
      ce_time: "2026-01-05T04:30:00.123456Z",
      ce_specversion: "1.0",
      "content-type": "application/protobuf",
      ce_aggregate: "referrals/0198a4f2-0000-7000-8000-000000000001",
      ce_revision: "4",
      ce_actor: '{"reference":"person-7","role":"clinician","onBehalfOf":"hub/astana-proton"}',
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
  });
});

test("is read back as it was", () => {
  expect(readMessage(received(toMessage(event)))).toEqual(event);
});

test("leaves out what an event does not have", () => {
  const bare = { ...event, actor: null, traceparent: null };
  const message = toMessage(bare);
  expect(Object.keys(message.headers)).not.toContain("ce_actor");
  expect(Object.keys(message.headers)).not.toContain("traceparent");
  expect(readMessage(received(message))).toEqual(bare);
});

test.each([
  ["ce_specversion", "0.3"],
  ["content-type", "application/json"],
  ["ce_id", ""],
  ["ce_type", ""],
  ["ce_aggregate", ""],
  ["ce_revision", "0"],
  ["ce_revision", "4.5"],
  ["ce_time", "yesterday"],
  ["ce_actor", "{"],
  ["ce_actor", '{"reference":7}'],
])("refuses a message whose %s is %j", (header, value) => {
  const message = toMessage(event);
  const changed = { ...message, headers: { ...message.headers, [header]: value } };
  expect(readMessage(received(changed))).toEqual({ malformed: header });
});
