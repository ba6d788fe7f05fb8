import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { CourseChangeService } from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { DisruptionService } from "@carehub/contracts/gen/carehub/capacity/v1/disruption_service_pb.ts";
import { OpeningService } from "@carehub/contracts/gen/carehub/capacity/v1/opening_service_pb.ts";
import { OverrideService } from "@carehub/contracts/gen/carehub/capacity/v1/override_service_pb.ts";
import { SessionService } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { expect, test } from "vitest";
import { commands } from "./commands.ts";
import { helpOf } from "./help.ts";
import { commandOf } from "./mutations.ts";

const services = [
  ReferralService,
  CourseService,
  CourseChangeService,
  SessionService,
  DisruptionService,
  OpeningService,
  OverrideService,
  AccountService,
];

test("every call that changes a case, or what a hub does with it, has a command", () => {
  const { IDEMPOTENT } = MethodOptions_IdempotencyLevel;
  const changing = services.flatMap(({ methods }) =>
    methods.filter(({ idempotency }) => idempotency === IDEMPOTENT),
  );
  expect(changing.length).toBeGreaterThan(35);
  expect(changing.filter(({ name }) => commandOf(name) === undefined)).toEqual([]);
  const names = commands.map(({ name }) => name);
  for (const { name } of changing) expect(names).toContain(commandOf(name));
});

test("every command has a name of its own and a help with its options", () => {
  const names = commands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const command of commands) {
    const help = helpOf(command);
    for (const { name } of command.options) expect(help).toContain(`--${name}`);
    const options = command.options.map(({ name }) => name);
    expect(new Set(options).size).toBe(options.length);
  }
});

function optionsOf(name: string) {
  const command = commands.find((each) => each.name === name);
  return Object.fromEntries((command?.options ?? []).map((each) => [each.name, each.hint]));
}

test("the help names the codes that the contract allows, and what only asks is not signed", () => {
  expect(optionsOf("correct")).toMatchObject({
    number: "N",
    reason: "WRONG_PATIENT|WRONG_TIME|NOT_DELIVERED|DUPLICATE|OTHER",
  });
  expect(optionsOf("move")).toMatchObject({ "dry-run": "", "request-id": "UUID" });
  expect(optionsOf("report-outage")).toMatchObject({
    hub: "HUB",
    "start-time": expect.any(String),
  });
  expect(optionsOf("hold")).toMatchObject({
    override: "hubs/ID/overrides/UUID",
    "plan.template": "hubs/ID/templates/ID",
  });
  expect(optionsOf("propose-override")).toMatchObject({ course: "courses/UUID" });
  expect(optionsOf("propose-closure")).not.toHaveProperty("request-id");
  expect(optionsOf("hub")).toEqual({ version: "N" });
});
