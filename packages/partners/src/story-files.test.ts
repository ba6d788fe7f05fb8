import { expect, test } from "vitest";
import { parseStories } from "./story-files.ts";

const document = {
  title: "A child",
  illustrative: true,
  ministry: "UZ",
  submitTime: "2026-01-05T05:00:00Z",
  referral: { placerNumber: "UZ-1", hub: "hubs/umc-heart", identity: { givenNames: "Lola" } },
  steps: [{ on: "entitlementGranted", as: "hub", do: "acceptReferral" }],
  expected: { careState: "DISCHARGED", settlementState: "SETTLED", reason: "COMPLETED" },
};

const parse = (...changes: object[]) =>
  parseStories(
    changes.map((change, index) => ({ id: `0${index}-a`, document: { ...document, ...change } })),
  );

test("makes one story of each applicant, with what differs over what is shared", () => {
  const stories = parse({
    applicants: [
      { id: "one", referral: { identity: { familyName: "Sample" } } },
      {
        id: "two",
        submitTime: "2026-01-06T05:00:00Z",
        expected: { reason: "CANCELLED" },
        steps: [],
      },
    ],
  });
  expect(stories.map(({ id, steps, expected }) => [id, steps.length, expected.reason])).toEqual([
    ["00-a-one", 1, "COMPLETED"],
    ["00-a-two", 0, "CANCELLED"],
  ]);
  expect(stories[0]?.referral.identity).toMatchObject({ givenNames: "Lola", familyName: "Sample" });
  expect(stories[1]?.submitAt.toString()).toBe("2026-01-06T05:00:00Z");
  expect(stories[1]?.expected.careState).toBe("DISCHARGED");
});

test("starts from an earlier story's referral", () => {
  const [, again] = parse({}, { sameReferralAs: "00-a", referral: { placerNumber: "UZ-2" } });
  expect(again?.referral).toMatchObject({ placerNumber: "UZ-2", hub: "hubs/umc-heart" });
});

test.each([
  ["an unknown field", { priority: "URGENT" }, /^00-a: [\s\S]*"priority"/],
  [
    "an unknown command",
    { steps: [{ ...document.steps[0], do: "heal" }] },
    /00-a: [\s\S]*steps\[0\]\.do/,
  ],
  ["a field that no referral has", { referral: { planet: "Mars" } }, /00-a: referral: .*"planet"/],
  ["a story that is not there", { sameReferralAs: "99" }, /00-a: sameReferralAs: no story is 99/],
  ["a redirection that is not there", { redirectedFrom: "99" }, /00-a: no story is 99/],
  ["a wrong time", { submitTime: "tomorrow" }, /00-a: [\s\S]*submitTime/],
])("refuses %s, with the file and the field", (_, change, message) => {
  expect(() => parse(change)).toThrow(message);
});
