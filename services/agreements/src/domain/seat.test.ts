import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { aProtocol, aQuota } from "./agreement.builder.ts";
import {
  choosePart,
  choosePartOffered,
  grantedParts,
  type PartCount,
  seatDifference,
} from "./quota.ts";
import { accountsOf, moveSeat, type SeatRequest, type SeatState } from "./seat.ts";

const table: readonly [SeatState, SeatRequest, string, SeatState][] = [
  ["RESERVED", "COMMIT", "COMMIT", "COMMITTED"],
  ["RESERVED", "CONSUME", "COMMIT CONSUME", "CONSUMED"],
  ["RESERVED", "RELEASE", "RELEASE", "RELEASED"],
  ["COMMITTED", "COMMIT", "", "COMMITTED"],
  ["COMMITTED", "CONSUME", "CONSUME", "CONSUMED"],
  ["COMMITTED", "RELEASE", "RELEASE", "RELEASED"],
  ["CONSUMED", "COMMIT", "", "CONSUMED"],
  ["CONSUMED", "CONSUME", "", "CONSUMED"],
  ["CONSUMED", "RELEASE", "", "CONSUMED"],
  ["RELEASED", "COMMIT", "", "RELEASED"],
  ["RELEASED", "CONSUME", "", "RELEASED"],
  ["RELEASED", "RELEASE", "", "RELEASED"],
];

test.each(table)(
  "a %s seat that is asked to %s posts [%s] and is %s",
  (state, request, posted, after) => {
    const step = moveSeat(state, request);
    expect([step.postings.join(" "), step.state]).toEqual([posted, after]);
  },
);

test("a seat is released from where it is", () => {
  expect(accountsOf("RELEASE", "COMMITTED")).toEqual(["committed", "available"]);
  expect(accountsOf("RELEASE", "RESERVED")).toEqual(["reserved", "available"]);
});

const count = (part: string, available: number, waiting = 0): PartCount => {
  return { part, granted: 10, available, waiting };
};

test("a case takes the first of its parts that has a free seat", () => {
  expect(choosePart([count("", 1), count("UZ-QR", 1)], ["UZ-QR", ""])).toBe("UZ-QR");
  expect(choosePart([count("", 1), count("UZ-QR", 0)], ["UZ-QR", ""])).toBe("");
  expect(choosePart([count("", 0), count("UZ-QR", 1)], [""])).toBeUndefined();
});

test("a new case overtakes nobody who waits for the same part", () => {
  expect(choosePart([count("", 1, 3)], [""])).toBeUndefined();
  expect(choosePart([count("", 1, 3), count("UZ-QR", 1)], ["UZ-QR", ""])).toBe("UZ-QR");
  expect(choosePartOffered([count("", 1, 3)], [""])).toBe("");
});

test("the general part is what is not set aside", () => {
  const parts = grantedParts(aProtocol({ quotas: [aQuota(10, 3)] }));
  expect(parts.map(({ part, seats }) => [part, seats])).toEqual([
    ["", 7],
    ["UZ-QR", 3],
  ]);
});

test("a new version grants what it adds and withdraws only what is free", () => {
  const [general] = grantedParts(aProtocol({ quotas: [aQuota(10, 3)] }));
  if (general === undefined) throw new Error("there is a general part");
  expect(seatDifference(general, { ...count("", 0), granted: 0 })).toBe(7);
  expect(seatDifference(general, { ...count("", 3), granted: 10 })).toBe(-3);
  const withdraw = () => seatDifference(general, { ...count("", 2), granted: 10 });
  expect(withdraw).toThrow(
    new DomainError("SEATS_IN_USE", {
      quota: "agreements/protocol/quotas/heart",
      period: "2026",
      part: "",
      free: "2",
      withdrawn: "3",
    }),
  );
});
