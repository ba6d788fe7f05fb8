import { randomUUIDv7 } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type CaseEvent,
  CaseEventSchema,
  Priority,
  SeatMove,
} from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { Message } from "@carehub/events/message";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  eventsOf,
  nextMessage,
  openTestAgreements,
  publishParties,
  publishTexts,
} from "../agreements.builder.ts";
import { aProtocol } from "../domain/agreement.builder.ts";
import { onCaseEvent } from "./consumed.ts";

let agreements: Awaited<ReturnType<typeof openTestAgreements>>;

beforeAll(async () => {
  agreements = await openTestAgreements();
  await publishParties(agreements.app);
  await publishTexts(agreements.app, aProtocol());
});

afterAll(() => agreements.close());

type EventInit = NonNullable<MessageInitShape<typeof CaseEventSchema>["event"]>;

function tell(id: string, event?: EventInit) {
  const seen = nextMessage(id);
  const message: Message<CaseEvent> = {
    ...{ id: randomUUIDv7(), type: "", topic: seen.topic, key: id, aggregate: seen.aggregate },
    ...{ revision: seen.revision, time: Temporal.Now.instant(), actor: null, traceId: undefined },
    event: create(CaseEventSchema, event === undefined ? {} : { event }),
    seen,
  };
  return onCaseEvent(agreements.app, message);
}

const date = (year: number, month: number, day: number) => ({ year, month, day });
const person = {
  ...{ patient: `patients/${randomUUIDv7()}`, citizenship: "UZ", residenceCountry: "UZ" },
  ...{ residenceRegion: "UZ-QR", ageYears: 0, companionCount: 1 },
};

test("leaves the events alone that are no request", async () => {
  expect(await tell(randomUUIDv7(), { case: "referralSubmitted", value: {} })).toBe("ignored");
});

test("follows a case from the request to the used seat", async () => {
  const id = randomUUIDv7();
  const requested = {
    ...{ round: 1, sendingParty: "parties/UZ", hub: "hubs/umc-heart", programme: "heart-surgery" },
    ...{ diagnosisCode: "Q21.3", priority: Priority.URGENT, person },
    referralDate: date(2026, 1, 5),
  };
  const course = {
    ...{ round: 1, decision: "", hub: "hubs/umc-heart", person },
    ...{ firstDate: date(2026, 2, 2), lastDate: date(2026, 2, 16) },
  };
  const handled = [
    await tell(id, { case: "entitlementRequested", value: requested }),
    await tell(id, { case: "entitlementConfirmRequested", value: course }),
    await tell(id, { case: "seatRequested", value: { round: 1, move: SeatMove.COMMIT } }),
    await tell(id, { case: "seatRequested", value: { round: 1, move: SeatMove.CONSUME } }),
    await tell(id, { case: "caseClosed", value: { careState: "DISCHARGED" } }),
  ];
  expect(handled).toEqual(Array(5).fill("done"));
  const told = await eventsOf(agreements.db, id);
  expect(told.map((event) => event.case)).toEqual([
    "entitlementGranted",
    "entitlementConfirmed",
    "seatCommitted",
    "seatConsumed",
  ]);
  expect(told[0]?.value).toMatchObject({ seat: { setAside: "UZ-QR" } });
  expect(told[1]?.value).toMatchObject({
    permittedUntilDate: date(2026, 5, 2),
    prices: [{ serviceCode: "heart-surgery", unitPrice: { currencyCode: "KZT" } }],
    contestTime: { workingDays: 15, clause: "agreements/protocol/clauses/contest" },
  });
});

test("passes over what a newer producer tells", async () => {
  expect(await tell(randomUUIDv7())).toBe("unknown-variant");
});

test("a release that carries its reason is answered with it", async () => {
  const id = randomUUIDv7();
  const release = { round: 2, move: SeatMove.RELEASE, reason: "CANCELLED" };
  await tell(id, { case: "seatRequested", value: release });
  const [event] = await eventsOf(agreements.db, id);
  expect(event).toMatchObject({
    case: "seatReleased",
    value: { round: 2, reason: "CANCELLED" },
  });
});
