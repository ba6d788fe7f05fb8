import { create, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { PublishAgreementRequestSchema as Schema } from "@carehub/contracts/gen/carehub/agreements/v1/registry_service_pb.ts";
import { SubmitReferralRequestSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { expect, test } from "vitest";
import { partsCounter } from "./request-parts.ts";
import { requestReader } from "./validation.ts";

const submit = partsCounter(SubmitReferralRequestSchema);
const documents = 11;

function repeated(field: number, times: number, value: Uint8Array = new Uint8Array()): Uint8Array {
  const writer = new BinaryWriter();
  for (let index = 0; index < times; index += 1) {
    writer.tag(field, WireType.LengthDelimited).bytes(value);
  }
  return writer.finish();
}

test("counts the messages of a request", () => {
  const request = create(SubmitReferralRequestSchema, {
    identity: { document: {} },
    documents: [{}, {}],
    consent: { date: { year: 2026 } },
  });
  expect(submit(toBinary(SubmitReferralRequestSchema, request))).toEqual({ parts: 7 });
});

test("names the first list that is longer than its rule, also inside a message", () => {
  expect(submit(repeated(documents, 50))).toEqual({ parts: 51 });
  expect(submit(repeated(documents, 51))).toEqual({
    excess: { field: "documents", description: "must hold at most 50 items" },
  });
  const agreement = repeated(1, 1, repeated(parties(), 21));
  expect(partsCounter(Schema)(agreement)).toMatchObject({ excess: { field: "agreement.parties" } });
});

test("names a text whose form is a rule and that is far too long", () => {
  const placerNumber = repeated(1, 1, new Uint8Array(2_000).fill(0x61));
  expect(submit(placerNumber)).toMatchObject({ excess: { field: "placer_number" } });
});

test("takes no more than a bounded number of fields, known or not", () => {
  expect(submit(repeated(200, 60_000))).toMatchObject({ excess: { field: "request" } });
});

test.each([
  ["a truncated field", Uint8Array.of(0x0a, 0x20, 0x61)],
  ["a field that reaches beyond its message", Uint8Array.of(0x32, 0x02, 0x0a, 0x7f)],
  ["an unknown wire type", Uint8Array.of(0x0f)],
  ["groups without end", new Uint8Array(500_000).fill(0x7b)],
])("calls %s no request", (_what, bytes) => {
  expect(submit(bytes)).toMatchObject({ excess: { field: "request" } });
});

test("refuses a megabyte of empty items at once, which took ten seconds to check one by one", () => {
  const read = requestReader(Schema);
  const bytes = repeated(1, 1, repeated(tariffs(), 500_000));
  const startedAt = performance.now();
  expect(() => read(bytes)).toThrow(/INVALID_FIELD/);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

function parties(): number {
  return agreementField("parties");
}

function tariffs(): number {
  return agreementField("tariffs");
}

function agreementField(name: string): number {
  const agreement = Schema.field.agreement.message;
  return agreement?.fields.find((field) => field.name === name)?.number ?? 0;
}
