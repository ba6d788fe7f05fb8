import { must } from "@carehub/rules/fault";
import { expectedRisks, expectedStays } from "../domain/stay-days.ts";
import {
  allotBeds,
  type ExtendedStay,
  extendStay,
  extensionDays,
} from "../domain/stay-extension.ts";
import { keepFreed } from "../storage/external-keep.ts";
import { lockAll } from "../storage/lock-keys.ts";
import { dropRisks, keepRisks } from "../storage/stay-risk-store.ts";
import { readBedRows, readKeptBeds } from "../storage/stay-store.ts";
import { markWaitingList } from "../storage/waiting-store.ts";
import type { Deps } from "./capacity-app.ts";
import { type CourseCommand, runCourseCommand } from "./course-commands.ts";
import { applyBeds, capacitiesOf } from "./release-capacity.ts";

/** Records until when a stay lasts beyond its plan; a shortage of beds is told, never refused. */
export function extendPatientStay(
  deps: Deps,
  command: CourseCommand & { readonly extension: ExtendedStay },
): Promise<Uint8Array> {
  const { extension } = command;
  return runCourseCommand(deps, command, {
    name: "course-extend-stay",
    decide: (course) => extendStay(course, extension),
    write: async (tx, { before, after }) => {
      const { id: course, hub } = after;
      const find = (stays: ReturnType<typeof expectedStays>) =>
        must(
          stays.findLast(({ stay }) => stay === extension.stay),
          "an extended stay was planned",
        );
      const days = extensionDays(find(expectedStays(before)), find(expectedStays(after)));
      const bedPools = new Set(expectedStays(after).map(({ pool }) => pool));
      await lockAll(tx, bedPools);
      const capacityOf = await capacitiesOf(deps, tx, hub);
      const rows = await readBedRows(tx, days.pool, days.added);
      const beds = days.added.map((bucket) => {
        const known = rows.find((row) => row.bucket === bucket);
        return known ?? { bucket, capacity: capacityOf({ pool: days.pool, bucket }), used: 0 };
      });
      const changes = allotBeds(days, await readKeptBeds(tx, course, [days.pool]), beds);
      const { places, shortfalls } = await applyBeds(deps, tx, { course: after, changes });
      await dropRisks(tx, course);
      await keepRisks(tx, { course, hub }, expectedRisks(after));
      if (places.length > 0) {
        await keepFreed(tx, hub, { times: [], places });
        await markWaitingList(tx, hub);
      }
      return shortfalls;
    },
  });
}
