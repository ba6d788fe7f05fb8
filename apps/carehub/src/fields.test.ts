import { toJson } from "@bufbuild/protobuf";
import {
  ContestInvoiceLinesRequestSchema,
  GuaranteePaymentRequestSchema,
} from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { RecordSessionRequestSchema } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { AcceptReferralRequestSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_triage_pb.ts";
import { expect, test } from "vitest";
import { inOwnZone, optionsOf, readRequest } from "./fields.ts";
import { mutations } from "./mutations.ts";

const none = new Set<string>();

test("makes an option of every field that fits on a line, also of a part of the request", () => {
  const names = optionsOf(AcceptReferralRequestSchema, new Set(["name", "actor"])).map(
    ({ name }) => name,
  );
  expect(names).toEqual([
    "plan.template",
    "plan.ready-date",
    "plan.due-date",
    "plan.under-anaesthesia",
    "plan.stat-category",
    "plan.age-months",
    "etag",
    "request-id",
  ]);
});

test("reads dates, money, times, numbers, lists and enums as people type them", () => {
  const read = (schema: Parameters<typeof readRequest>[0], values: Record<string, string[]>) =>
    toJson(schema, readRequest(schema, { options: optionsOf(schema, none), values, base: {} }));
  expect(
    read(GuaranteePaymentRequestSchema, {
      cap: ["1,500.5 KZT"],
      "valid-until-date": ["2026-06-30"],
      "tolerance-basis-points": ["500"],
    }),
  ).toEqual({
    cap: { amountMinor: "150050", currencyCode: "KZT" },
    validUntilDate: { year: 2026, month: 6, day: 30 },
    toleranceBasisPoints: 500,
  });
  expect(
    read(ContestInvoiceLinesRequestSchema, { "line-sequences": ["1,2", "5"], reason: ["price"] }),
  ).toEqual({ lineSequences: [1, 2, 5], reason: "CONTEST_REASON_PRICE" });
  expect(
    read(RecordSessionRequestSchema, {
      "start-time": ["2026-01-20T05:00:00Z"],
      "under-anaesthesia": ["no"],
    }),
  ).toEqual({ startTime: "2026-01-20T05:00:00Z", underAnaesthesia: false });
});

test.each([
  ["cap", "many", '"AMOUNT CURRENCY"'],
  ["cap", "1.234 KZT", '"AMOUNT CURRENCY"'],
  ["valid-until-date", "30.06.2026", "YYYY-MM-DD"],
])("says what was expected of --%s %s", (name, text, expected) => {
  const options = optionsOf(GuaranteePaymentRequestSchema, none);
  const values = { [name]: [text] };
  expect(() => readRequest(GuaranteePaymentRequestSchema, { options, values, base: {} })).toThrow(
    expected,
  );
});

test("an option wins over the same field of a file, and leaves the rest of the file's part", () => {
  const base = { plan: { template: "hubs/a/templates/b", underAnaesthesia: true } };
  const options = optionsOf(AcceptReferralRequestSchema, none);
  const values = { "plan.template": ["hubs/a/templates/c"] };
  const request = readRequest(AcceptReferralRequestSchema, { options, values, base });
  expect(request.plan).toMatchObject({ template: "hubs/a/templates/c", underAnaesthesia: true });
  expect(base.plan.template).toBe("hubs/a/templates/b");
});

test("every command has a name of its own, and its service has its method", () => {
  const names = mutations.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { service, method } of mutations) expect(service.methods).toContain(method);
  const methods = mutations.map(({ method }) => method.name);
  expect(new Set(methods).size).toBe(methods.length);
});

test("a time without an offset is of the zone, which is asked for only then", async () => {
  const options = optionsOf(RecordSessionRequestSchema, none);
  const values = { "start-time": ["2026-01-20 10:00"], "end-time": ["2026-01-21"] };
  const local = await inOwnZone({ options, values, base: {} }, async () => "Asia/Almaty");
  expect(local.values).toEqual({
    "start-time": ["2026-01-20T05:00:00Z"],
    "end-time": ["2026-01-20T19:00:00Z"],
  });
  const sure = { options, values: { "start-time": ["2026-01-20T05:00:00Z"] }, base: {} };
  const asked = inOwnZone(sure, () => Promise.reject(new Error("nobody is to be asked")));
  expect(await asked).toBe(sure);
  const wrong = { options, values: { "start-time": ["soon"] }, base: {} };
  await expect(inOwnZone(wrong, async () => "Asia/Almaty")).rejects.toThrow("--start-time soon");
});
