import { randomUUID } from "node:crypto";
import { AccountService } from "@carehub/contracts/gen/carehub/billing/v1/account_service_pb.ts";
import { CourseChangeService } from "@carehub/contracts/gen/carehub/capacity/v1/course_change_service_pb.ts";
import { CourseService } from "@carehub/contracts/gen/carehub/capacity/v1/course_service_pb.ts";
import { SessionService } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { ReferralService } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { otherServices, said } from "../answers.builder.ts";
import {
  aSubmission,
  mutation,
  refusalOf,
  startIntake,
  type TestIntake,
  wirePlan,
} from "../intake.builder.ts";

let intake: TestIntake;
beforeAll(async () => {
  intake = await startIntake();
});
afterAll(() => intake.close());

const sides = ["ministry/UZ", "hub/umc-heart"] as const;

async function submitted(): Promise<string> {
  const { referral } = await intake.as("ministry/UZ").referrals.submitReferral(aSubmission());
  return referral?.name ?? "";
}

async function accepted(
  ...events: readonly Parameters<ReturnType<typeof otherServices>["capacity"]>[1][]
): Promise<string> {
  const name = await submitted();
  const id = name.slice("referrals/".length);
  const { agreements, capacity, billing } = otherServices(intake);
  await intake.as("hub/umc-heart").referrals.acceptReferral({
    ...mutation(),
    ...{ name, plan: wirePlan },
  });
  await agreements(id, said.granted);
  for (const event of events) {
    await capacity(id, event);
    if (event.case !== "courseHeld") continue;
    await agreements(id, said.confirmed);
    await billing(id, said.estimated);
    await billing(id, said.guaranteed);
  }
  return name;
}

async function after(name: string, identity: string, method: string): Promise<string> {
  await callOf(identity, method, name);
  return name;
}

/** A new case in each of the situations in which some command is blocked that is allowed in another. */
const cases: Readonly<Record<string, () => Promise<string>>> = {
  submitted,
  asked: async () => after(await submitted(), "hub/umc-heart", "requestInformation"),
  accepted: () => accepted(),
  booked: () => accepted(said.held, said.booked),
  treated: () => accepted(said.held, said.booked, said.started),
  deferred: async () => after(await accepted(said.held), "ministry/UZ", "deferReferral"),
  stopping: async () => after(await accepted(said.held), "ministry/UZ", "cancelReferral"),
  ended: () => accepted(said.held, said.booked, said.started, said.ended),
  closed: async () => {
    const name = await submitted();
    await otherServices(intake).agreements(name.slice("referrals/".length), said.refused);
    return name;
  },
};

const bodies: Readonly<Record<string, object>> = {
  acceptReferral: { plan: wirePlan },
  rejectReferral: { reason: "OTHER" },
  returnReferral: { reason: "OTHER", note: "x" },
  redirectReferral: { hub: "hubs/astana-proton", reason: "OTHER" },
  requestInformation: { documentCodes: ["ECHO_REPORT"] },
  provideInformation: { note: "x" },
  deferReferral: { reason: "CLINICAL" },
  resumeReferral: { readyDate: { year: 2030, month: 2, day: 1 } },
  cancelReferral: { reason: "CANCELLED" },
};

type Client = Readonly<Record<string, (request: object) => Promise<unknown>>>;

function callOf(identity: string, method: string, name: string): Promise<unknown> {
  const client = intake.as(identity).referrals as unknown as Client;
  const request = { requestId: randomUUID(), actor: mutation().actor, name, ...bodies[method] };
  return client[method]?.(request) ?? Promise.reject(new Error(`${method} is unknown`));
}

async function ownActions(identity: string, name: string) {
  const { actions } = await intake.as(identity).referrals.listAvailableActions({ name });
  const prefix = `${ReferralService.typeName}/`;
  return actions.filter(({ method }) => method.startsWith(prefix));
}

test.each(Object.keys(cases))(
  "takes what it lists as allowed of a case %s, and refuses the rest with just that reason",
  async (situation) => {
    const make = cases[situation] ?? submitted;
    const name = await make();
    for (const identity of sides) {
      for (const listed of await ownActions(identity, name)) {
        const { action, allowed, blockingReason, blockingMetadata } = listed;
        const method = action.charAt(0).toLowerCase() + action.slice(1);
        if (allowed) {
          expect(blockingReason).toBe("");
          await callOf(identity, method, await make());
        } else {
          const refusal = await refusalOf(callOf(identity, method, name));
          expect([action, refusal.reason]).toEqual([action, blockingReason]);
          expect(refusal.metadata).toEqual(blockingMetadata);
        }
      }
    }
  },
);

test("lists every method that changes a case and that the side's role may call", async () => {
  const name = await submitted();
  // Of a hub's own patients, and the one that makes a case.
  const others = ["HoldCourse", "ExtendHold", "BookCourse", "ReleaseCourse", "SubmitReferral"];
  const reads = /^(Get|List|Pull)/;
  const services = [ReferralService, AccountService];
  const ofCourses = [CourseService, CourseChangeService, SessionService];
  const known = [...services, ...ofCourses].flatMap(({ typeName, methods }) =>
    methods.map(({ name: method }) => ({ method, path: `${typeName}/${method}` })),
  );
  const changing = known.filter(({ method }) => !reads.test(method) && !others.includes(method));
  const listed = new Set<string>();
  for (const identity of sides) {
    const { actions } = await intake.as(identity).referrals.listAvailableActions({ name });
    for (const { method } of actions) listed.add(method);
  }
  expect([...listed].sort()).toEqual(changing.map(({ path }) => path).sort());
});
