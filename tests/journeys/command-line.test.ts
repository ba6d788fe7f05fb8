import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import { SubmitReferralRequestSchema } from "@carehub/contracts/gen/carehub/intake/v1/referral_service_pb.ts";
import { writeConnection } from "@carehub/local/connection-file";
import { until } from "@carehub/testing/wait";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, setStage } from "./stage.ts";

const main = join(import.meta.dirname, "../../apps/carehub/src/main.ts");
const number = "UZ-2026-CLI";
const connections = new Map<string, string>();
let stage: Stage;

beforeAll(async () => {
  stage = await setStage("command-line");
  const { platform } = stage;
  const identities = ["ministry/UZ", "ministry/KG", "hub/umc-heart", "hub/astana-proton"];
  for (const identity of [...identities, "operator/registry"]) {
    const connection = { addresses: platform.addresses, ...platform.certificates.files(identity) };
    connections.set(identity, writeConnection(platform.folder, identity, connection));
  }
});

afterAll(() => stage?.close());

test("a ministry, a hub and an operator take a case from the referral to the accepted invoice", async () => {
  expect(await tell("ministry/UZ", "whoami")).toContain("ministry/UZ");
  const referral = join(stage.platform.folder, "referral.json");
  const story = stage.examples.stories.find(({ id }) => id.startsWith("01"));
  if (story === undefined) throw new Error("no first example");
  const example = toJson(SubmitReferralRequestSchema, story.referral);
  await writeFile(referral, JSON.stringify(example));
  const placer = ["--placer-number", number];
  expect(await tell("ministry/UZ", "submit", "--with", referral, ...placer)).toContain("SUBMITTED");
  expect(await tell("hub/umc-heart", "list", "--state", "submitted")).toContain(number);
  const plan = [
    ...["--plan.template", "hubs/umc-heart/templates/fallot-repair"],
    ...["--plan.ready-date", "2026-01-19", "--plan.due-date", "2026-02-06"],
    ...["--plan.under-anaesthesia", "yes"],
  ];
  expect(await tell("hub/umc-heart", "accept", number, ...plan)).toContain("ACCEPTED");
  await reaches("HELD");
  await tell(
    "ministry/UZ",
    "guarantee",
    number,
    "--reference",
    "G-1",
    "--valid-until-date",
    "2026-06-30",
  );
  await reaches("BOOKED");
  expect(await tell("operator/registry", "clock", "2026-02-20T12:00:00Z")).toContain("2026-02-20");
  const { course } = JSON.parse(await tell("hub/umc-heart", "course", number, "--json"));
  await tell("hub/umc-heart", "admit", number, "--admission-date", dateOf(course.firstDate));
  expect(await tell("hub/umc-heart", "record", number)).toContain("yes");
  await tell(
    "hub/umc-heart",
    ...["discharge", number, "--discharge-date", dateOf(course.lastDate)],
    ...["--outcome", "completed"],
  );
  await reaches("DISCHARGED", "INVOICED");
  expect(await tell("ministry/UZ", "account", number)).toContain("heart-surgery");
  expect(await tell("ministry/UZ", "accept-invoice", number)).toContain("ACCEPTED");
  await reaches("DISCHARGED", "ACCEPTED");
  const shown = await tell("ministry/UZ", "show", number);
  for (const word of ["referralSubmitted", "courseHeld", "invoiceAccepted"]) {
    expect(shown).toContain(word);
  }
  const watched = await tell("ministry/UZ", "watch", "--count", "2", "--json");
  const events = watched.split("\n").map((line) => JSON.parse(line).event);
  expect(events.map(({ revision }) => revision)).toEqual(["1", "2"]);
  const courses = await tell("ministry/UZ", "watch-courses", "--count", "3");
  const [held = "", booked = "", started = ""] = courses.split("\n");
  expect([held, booked, started].map((line) => line.split("  ").at(-1))).toEqual([
    "courseHeld",
    "courseBooked",
    "courseStarted",
  ]);
  const [cursor = ""] = held.split("  ");
  const rest = await tell("hub/umc-heart", "watch-capacity", "umc-heart", "--count", "1");
  expect(rest).toContain("hubPublished  version 1");
  const from = ["--cursor", cursor, "--count", "2"];
  expect(await tell("ministry/UZ", "watch-courses", ...from)).toBe(`${booked}\n${started}`);
});

test("a hub's clerk records a day from a table, reports an outage and has its new times approved twice", async () => {
  const clerk = (...words: string[]) => tell("hub/astana-proton", ...words);
  const file = (name: string) => join(stage.platform.folder, name);
  const plan = {
    template: "hubs/astana-proton/templates/proton-short-course",
    readyDate: { year: 2026, month: 2, day: 23 },
    dueDate: { year: 2026, month: 2, day: 25 },
  };
  const hold = { plan, answerTime: { workingDays: 1, calendars: ["KZ"] } };
  await writeFile(file("hold.json"), JSON.stringify(hold));
  const held = JSON.parse(await clerk("hold", "--with", file("hold.json"), "--json")).course;
  const id = held.name.replace("courses/", "");
  expect(await clerk("book", id)).toContain("BOOKED");
  const day = dateOf(held.firstDate);
  await tell("operator/registry", "clock", `${day}T16:00:00Z`);
  await clerk("admit", id, "--admission-date", day);
  expect(await clerk("sessions", day)).toContain("1 sessions, 0 delivered");
  const table = await clerk("sessions", day, "--csv");
  await writeFile(file("day.csv"), table.replace(/,no,,$/m, ",no,delivered,"));
  expect(await clerk("record-sessions", file("day.csv"))).toContain("recorded 1 delivered;");
  expect(await clerk("record-sessions", file("day.csv"))).toContain("recorded before 1, refused 0");
  await clerk("correct", id, "--number", "1", "--reason", "WRONG_TIME");
  expect(await clerk("sessions", day)).toMatch(/corrected 1x/);
  expect(await clerk("record", id)).toContain("yes");
  const room = held.sessions[1].resources
    .map(({ resource }: { resource: string }) => resource.replace(/.*\//, ""))
    .find((each: string) => each.startsWith("room-"));
  const [from, to] = [1, 4].map((days) => Temporal.PlainDate.from(day).add({ days }).toString());
  const outage = ["--start-time", `${from} 06:00`, "--end-time", String(to)];
  const what = ["--resources", room, "--reason", "gantry-failure"];
  expect(await clerk("report-outage", ...what, ...outage)).toContain("gets new times");
  expect(await clerk("replan")).toContain(`course ${id}: gets new times`);
  const unfit = await run("hub/astana-proton", "approve-replan", "open");
  expect(unfit.errors).toMatch(/APPROVER_ROLE_UNFIT[\s\S]*--actor-role[\s\S]*request id: /);
  const physicist = ["--actor", "p-1", "--actor-role", "physicist"];
  expect(await clerk("approve-replan", "open", ...physicist)).toContain("p-1 (physicist)");
  await clerk("approve-replan", "open", "--actor", "d-1", "--actor-role", "clinician");
  await until(async () => (await clerk("replans")).includes("APPLIED"), {
    limitMs: 30_000,
    what: "the proposal to be applied",
  });
});

test("every action that a side is told of has its command beside it", async () => {
  for (const identity of ["ministry/UZ", "hub/umc-heart"]) {
    const rows = (await tell(identity, "actions", number))
      .split("\n")
      .filter((line) => /^│/.test(line));
    expect(rows.length).toBeGreaterThan(8);
    expect(rows.filter((line) => /^│ +│/.test(line))).toEqual([]);
  }
});

test("a refusal names its reason and what to do, and the exit code tells it", async () => {
  const taken = await run(
    "hub/umc-heart",
    "accept",
    number,
    "--plan.template",
    "hubs/x/templates/y",
  );
  expect(taken.exitCode).toBe(1);
  expect(taken.errors).toContain("refused: INVALID_FIELD (INVALID_ARGUMENT)");
  const rejected = await run("hub/umc-heart", "reject", number, "--reason", "OTHER", "--json");
  expect(rejected.exitCode).toBe(1);
  expect(JSON.parse(rejected.output).error).toMatchObject({
    code: "FAILED_PRECONDITION",
    reason: "REFERRAL_CLOSED",
    advice: expect.stringContaining("carehub actions"),
  });
  const foreign = await run("ministry/KG", "show", number);
  expect(foreign.errors).toContain("REFERRAL_NOT_FOUND");
  const denied = await run("ministry/UZ", "dead-letters");
  expect(denied.errors).toContain("PERMISSION_DENIED");
});

test("an operator sees dead letters, and is told that there is none to replay", async () => {
  expect(await tell("operator/registry", "dead-letters")).toContain("no dead letters");
  const key = "018f0000-0000-7000-8000-000000000000";
  const replayed = await run("operator/registry", "replay", "billing", "carehub.intake.cases", key);
  expect(replayed.errors).toContain("DEAD_LETTER_NOT_FOUND");
});

test("what the caller typed wrongly is told with exit code 2, before anything is sent", async () => {
  const unknown = await run("ministry/UZ", "sumbit");
  expect(unknown).toMatchObject({
    exitCode: 2,
    errors: expect.stringContaining("no command sumbit"),
  });
  const wrong = await run("ministry/UZ", "guarantee", number, "--cap", "much");
  expect(wrong).toMatchObject({ exitCode: 2, errors: expect.stringContaining("AMOUNT CURRENCY") });
});

async function reaches(careState: string, settlementState?: string): Promise<void> {
  await until(
    async () => {
      const { referral } = JSON.parse(await tell("ministry/UZ", "show", number, "--json"));
      const isThere = referral.careState === `CARE_STATE_${careState}`;
      const settled = `SETTLEMENT_STATE_${settlementState}`;
      return isThere && (settlementState === undefined || referral.settlementState === settled);
    },
    { limitMs: 30_000, what: `the case to be ${careState}` },
  );
}

async function tell(identity: string, ...words: string[]): Promise<string> {
  const { exitCode, output, errors } = await run(identity, ...words);
  expect({ words, exitCode, errors }).toEqual({ words, exitCode: 0, errors: "" });
  return output.trim();
}

function run(identity: string, ...words: string[]) {
  const env = { ...process.env, CAREHUB_CONNECTION: connections.get(identity) };
  const child = spawn(process.execPath, [main, ...words], { env });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  return new Promise<{ exitCode: number | null; output: string; errors: string }>((resolve) =>
    child.on("close", (exitCode) => resolve({ exitCode, output, errors })),
  );
}

function dateOf({ year, month, day }: { year: number; month: number; day: number }): string {
  return Temporal.PlainDate.from({ year, month, day }).toString();
}
