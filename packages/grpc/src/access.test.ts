import { OperationsService } from "@carehub/contracts/gen/carehub/operations/v1/operations_service_pb.ts";
import { expect, test } from "vitest";
import { bareService } from "../test/bare-service.ts";
import { accessOf, methodsWithoutAccess, requireAccess } from "./access.ts";

const moveClock = OperationsService.method.moveClock;

test("reads who may call a method", () => {
  expect(accessOf(moveClock)).toEqual({ roles: new Set(["operator"]), scope: "" });
  expect(accessOf(OperationsService.method.whoAmI).roles.size).toBe(4);
});

test("finds the methods that do not say who may call them", () => {
  const bare = bareService();
  expect(methodsWithoutAccess([OperationsService, bare])).toEqual(["test.v1.BareService/Ask"]);
  const [ask] = bare.methods;
  expect(() => ask && accessOf(ask)).toThrow("test.v1.BareService/Ask says who may call it");
});

test("lets only the roles of the rule in", () => {
  const caller = { id: "UZ", name: "ministry/UZ", role: "ministry" } as const;
  expect(() => requireAccess(accessOf(moveClock), caller)).toThrow(
    expect.objectContaining({
      reason: "ROLE_NOT_ALLOWED",
      metadata: { role: "ministry", allowed: "operator" },
    }),
  );
});
