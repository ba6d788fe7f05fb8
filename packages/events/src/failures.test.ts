import { OperationalError } from "@carehub/database/operational-error";
import { DomainError } from "@carehub/rules/domain-error";
import { expect, test } from "vitest";
import { isOperational, toDefect, UndecodableError } from "./failures.ts";

function refusedBy(code: string): OperationalError {
  const cause = Object.assign(new Error("x"), { code, severity: "ERROR" });
  return new OperationalError("a statement", { cause });
}

test("counts what the message or the code is guilty of, not what the surroundings are", () => {
  const away = new OperationalError("a statement", { cause: new Error("Connection terminated") });
  for (const error of [away, refusedBy("57P01"), refusedBy("40P01"), refusedBy("53300")]) {
    expect(isOperational(error)).toBe(true);
  }
  const guilty = [
    new DomainError("NO"),
    new TypeError("bug"),
    refusedBy("23505"),
    refusedBy("22021"),
  ];
  for (const error of guilty) expect(isOperational(error)).toBe(false);
  const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  expect(isOperational(refused)).toBe(true);
});

test("names a failure without its text, which may repeat what someone wrote", () => {
  const bug = toDefect(new TypeError("cannot read Aisha's file"));
  expect(bug.reason).toBe("HANDLER_FAILED");
  expect(bug.detail).toMatch(/^TypeError at failures\.test\.ts:\d+$/);
  expect(toDefect(new DomainError("TOO_LATE", { name: "Aisha" }))).toEqual({
    reason: "TOO_LATE",
    detail: "refused by a rule",
  });
  expect(toDefect(new UndecodableError(new Error("x"))).reason).toBe("UNDECODABLE");
});

test("repeats a lost race for ever, but not a rule that said no", () => {
  expect(isOperational(new DomainError("REVISION_CONFLICT"))).toBe(true);
  expect(isOperational(new DomainError("REFERRAL_NOT_OPEN"))).toBe(false);
});
