import { Priority } from "@carehub/contracts/gen/carehub/intake/v1/case_events_pb.ts";
import type { Partner } from "@carehub/partners/partner";
import { must } from "@carehub/rules/fault";
import type { Case, Plan } from "./capacity-cases.ts";
import { as, date, type Play } from "./capacity-play.ts";

const hubName = "hubs/astana-oncology";

/** The day that everybody needs: two chairs of eleven hours, and infusions of five. */
export const wantedDay = "03-11";

const infusion: Plan = {
  template: `${hubName}/templates/one-infusion`,
  readyDate: date(wantedDay),
  dueDate: date(wantedDay),
};

/** Publishes a course of one long infusion in two of the hub's chairs: four places a day. */
async function publishInfusion({ hubs }: Partner): Promise<void> {
  const { hub: document } = await hubs.getHub({ name: hubName });
  const { $typeName: _, ...published } = must(document, "the example is published");
  const { $typeName: _template, ...cycles } = must(
    published.templates.find(({ id }) => id === "chemotherapy-14-day"),
    "the example has cycles without a bed",
  );
  const { session } = cycles;
  const [use] = must(session, "a template has a session").uses;
  const infusions = {
    ...cycles,
    id: "one-infusion",
    phases: [{ id: "infusion", sessionCount: 1 }],
    session: {
      uses: [{ ...must(use, "a session uses a chair"), minutes: 300 }],
      sites: ["chair-1", "chair-2"],
    },
    rules: { gridMinutes: 30, minGapHours: 24, sessionsPerDay: 1 },
  };
  const next = { ...published, templates: [...published.templates, infusions] };
  await hubs.publishHub({ hub: next, ...as("capacity-planner") });
}

const { ROUTINE, URGENT } = Priority;

/** In the order in which the hub accepts them: four are held, eight wait. */
const priorities = [
  ...[ROUTINE, ROUTINE, ROUTINE, ROUTINE],
  ...[ROUTINE, URGENT, ROUTINE, URGENT, ROUTINE, URGENT, ROUTINE, ROUTINE],
];

/** Twelve cases for four places, one after the other. */
export async function askForPlaces({ partnerOf, cases }: Play): Promise<readonly Case[]> {
  await publishInfusion(partnerOf("hub/astana-oncology"));
  const referred = await Promise.all(priorities.map((priority) => cases.refer("17-", priority)));
  for (const each of referred) await cases.accept(each, infusion);
  return referred;
}

/** Opens what the last refusal of a course named. */
export async function grantFor({ openings }: Partner, { course }: Case): Promise<void> {
  await openings.grantOpenings({
    hub: hubName,
    granted: { case: "course", value: course },
    ...as("capacity-planner"),
  });
}
