import { randomUUID } from "node:crypto";
import type { RecordSessionsResponse } from "@carehub/contracts/gen/carehub/capacity/v1/session_service_pb.ts";
import { moveClock } from "@carehub/database/clock";
import type { Uuid } from "@carehub/rules/ids";
import { anAdmitted } from "../app/floor.builder.ts";
import { aPublishedHub, openTestCapacity } from "../capacity.builder.ts";
import { monday } from "../domain/hub.builder.ts";
import { parseHubName } from "../domain/names.ts";

/** The Wednesday on which these tests take place; half past ten at the hub. */
export const wednesday = monday.add({ days: 2 });

/** Nine o'clock of it at the hub, in seconds. */
export const nine = 1_770_177_600n;

/** What every command needs. */
export function command() {
  return { requestId: randomUUID(), actor: { reference: "e-1", role: "therapist" } };
}

/** A date as the wire has it. */
export function wire({ year, month, day }: Temporal.PlainDate) {
  return { year, month, day };
}

/** The name of a course. */
export function course(id: Uuid): string {
  return `courses/${id}`;
}

/** An entry for a session that took place at nine. */
export function took(id: Uuid, number = 1, parts = {}) {
  const startTime = { seconds: nine, nanos: 0 };
  const times = { startTime, endTime: { seconds: nine + 3600n, nanos: 0 } };
  const record = { case: "delivered", value: { ...times, ...parts } } as const;
  return { course: course(id), number, record };
}

/** An entry for a session that did not take place. */
export function missed(id: Uuid, number = 1) {
  const record = { case: "missed", value: { reason: "NO_SHOW" } } as const;
  return { course: course(id), number, record };
}

/** How each entry ended: `recorded`, or the reason of its refusal. */
export function outcomesOf({ results }: Pick<RecordSessionsResponse, "results">) {
  return results.map(({ result }) =>
    result.case === "refused" ? result.value.reason : result.case,
  );
}

/** The service on that Wednesday with the hub `hubs/floor`, and patients in treatment there. */
export async function openFloor() {
  const capacity = await openTestCapacity();
  const { deps, db } = capacity;
  const hub = await aPublishedHub(deps, { name: parseHubName("hubs/floor", "name") });
  await moveClock(db, { to: Temporal.Instant.from("2026-02-04T05:30:00Z") });
  const treated = (): Promise<Uuid> => {
    const phases = [{ phase: "main", sessionCount: 3 }];
    const dueDate = monday.add({ days: 30 });
    return anAdmitted(deps, hub, ["visit", { readyDate: wednesday, dueDate, phases }]);
  };
  return { capacity, hub, treated };
}
