import { file_carehub_agreements_v1_entitlement_events } from "@carehub/contracts/gen/carehub/agreements/v1/entitlement_events_pb.ts";
import { file_carehub_operations_v1_operations_service } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { expect, test } from "vitest";
import { contractProblems } from "./contract-rules.ts";
import { unrulyContract } from "./unruly.builder.ts";

test("finds nothing in contracts that have all they need", () => {
  expect(contractProblems(file_carehub_agreements_v1_entitlement_events)).toEqual([]);
  expect(contractProblems(file_carehub_operations_v1_operations_service)).toEqual([]);
});

test("names what a foreign contract lacks", () => {
  expect(contractProblems(unrulyContract)).toEqual([
    "unruly.proto has no javaPackage",
    "unruly.proto has no csharpNamespace",
    "unruly.proto has no goPackage",
    "unruly.proto has no javaMultipleFiles",
    "unruly.v1.Unruly/Change does not say who may call it",
    "unruly.v1.Unruly/Change has no actor",
    "unruly.v1.Unruly/Change has no request_id",
    "unruly.v1.ChangeRequest.name has no rule",
    "unruly.v1.ChangeRequest.items has no rule",
  ]);
});
