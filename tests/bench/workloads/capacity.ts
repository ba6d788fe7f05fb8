import type { CapacityStage } from "./capacity-stage.ts";
import { startCapacity, stopCapacity } from "./capacity-stage.ts";
import { course30 } from "./course-30.ts";
import { courseSearch } from "./course-search.ts";
import { dbHold } from "./db-hold.ts";
import { holdHotBeds, holdHotRoom } from "./hold-hot.ts";
import { holdOne } from "./hold-one.ts";
import { startInfrastructure } from "./infrastructure.ts";
import type { Finding, Setting } from "./workload.ts";

/** The workloads on the stage, in the order in which they run. */
const workloads: Readonly<Record<string, (stage: CapacityStage) => Promise<Finding>>> = {
  B2: dbHold,
  B3: holdOne,
  B4a: holdHotRoom,
  B4b: holdHotBeds,
  B5: course30,
  B6: courseSearch,
};

/** The capacity suite, or of it what was asked for. */
export async function runCapacity(setting: Setting): Promise<Finding[]> {
  // The search needs nothing of the stage but PostgreSQL.
  if (setting.only.length > 0 && setting.only.every((id) => id === "B6")) {
    return [await courseSearch({ setting, infrastructure: await startInfrastructure(setting) })];
  }
  const stage = await startCapacity(setting);
  const findings: Finding[] = [];
  for (const [id, run] of Object.entries(workloads)) {
    if (setting.only.length === 0 || setting.only.includes(id)) findings.push(await run(stage));
  }
  await stopCapacity(stage);
  return findings;
}
