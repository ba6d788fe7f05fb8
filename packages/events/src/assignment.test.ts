import { expect, test } from "vitest";
import { bufferMessagesMax, createAssignment } from "./assignment.ts";
import type { IncomingMessage } from "./kafka-port.ts";

const place = { topic: "t", partition: 3 };

function messages(first: number, count: number): IncomingMessage[] {
  return Array.from({ length: count }, (_, at) => ({
    ...place,
    offset: BigInt(first + at),
    key: "k",
    value: new Uint8Array(10),
    headers: {},
  }));
}

test("commits only up to the first message that is not settled", () => {
  const assignment = createAssignment();
  const taken = assignment.take(messages(100, 4));
  for (const at of [0, 1, 3]) assignment.settle(must(taken[at]));
  expect(assignment.commitable()).toEqual([{ ...place, offset: 102n }]);
  assignment.committed([{ ...place, offset: 102n }]);
  expect(assignment.commitable()).toEqual([]);
  assignment.settle(must(taken[2]));
  expect(assignment.commitable()).toEqual([{ ...place, offset: 104n }]);
});

test("takes no message twice", () => {
  const assignment = createAssignment();
  assignment.take(messages(0, 5));
  expect(assignment.take(messages(3, 4)).map(({ offset }) => offset)).toEqual([5n, 6n]);
});

test("forgets messages of an assignment that is over, and commits nothing of them", () => {
  const assignment = createAssignment();
  const [old] = assignment.take(messages(0, 1));
  assignment.reset([place]);
  expect(assignment.isCurrent(must(old))).toBe(false);
  assignment.settle(must(old));
  expect(assignment.commitable()).toEqual([]);
  expect(assignment.take(messages(0, 1))).toHaveLength(1);
});

test("holds a full partition back until half of it is settled", () => {
  const assignment = createAssignment();
  const taken = assignment.take(messages(0, bufferMessagesMax));
  expect(assignment.pauses()).toMatchObject({ pause: [place], resume: [] });
  expect(assignment.pauses()).toEqual({ pause: [], resume: [] });
  for (const message of taken.slice(0, bufferMessagesMax / 2)) assignment.settle(message);
  expect(assignment.pauses()).toMatchObject({ pause: [], resume: [place] });
});

test("is idle only in its own partitions without work", () => {
  const assignment = createAssignment();
  assignment.reset([place]);
  expect(assignment.isIdle("t", 3)).toBe(true);
  expect(assignment.isIdle("t", 4)).toBe(false);
  assignment.take(messages(0, 1));
  expect(assignment.isIdle("t", 3)).toBe(false);
});

function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("the test made it");
  return value;
}
