import { setImmediate } from "node:timers/promises";
import { isStale } from "../domain/hub.ts";
import { prepareSearch, toAsked } from "../domain/search-plan.ts";
import type { IndexedHub } from "./search-index.ts";

const templatesMax = 20;
const daysAhead = 120;

/**
 * Works out opening hours and free starts of the weeks ahead, for a hub's templates as they stand, before the first call
 * that asks. Others get their turn between the templates.
 */
export async function warmIndex(
  { index, plans }: IndexedHub,
  now: Temporal.Instant,
): Promise<void> {
  const { document } = index.hub;
  if (isStale(document, now)) return;
  const readyDate = now.toZonedDateTimeISO(document.zone).toPlainDate();
  const dates = { readyDate, dueDate: readyDate };
  for (const { id, uses, rules } of document.templates.slice(0, templatesMax)) {
    const mayBe = uses.some(({ onlyUnderAnaesthesia }) => onlyUnderAnaesthesia);
    for (const underAnaesthesia of mayBe ? [false, true] : [false]) {
      const plan = { phases: [], stays: [], ...dates, underAnaesthesia };
      const asked = toAsked(plan, "ROUTINE", now);
      const { demand } = prepareSearch(index, plans, {
        template: `${document.name}/templates/${id}`,
        asked,
      });
      const times = index.timesFor(demand);
      const extras = rules.compensations?.includes("EXTRA_DAY") ? [false, true] : [false];
      for (const shape of new Set(demand.shapes)) {
        for (const group of demand.siteGroups) {
          for (let day = demand.today; day <= demand.today + daysAhead; day += 1) {
            for (const withExtra of extras) times.startsAt(group, day, { shape, withExtra });
          }
        }
      }
      await setImmediate();
    }
  }
}
