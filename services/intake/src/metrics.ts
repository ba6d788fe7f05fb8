import { dueCount } from "@carehub/database/due";
import type { Database } from "@carehub/database/pool";
import { attributes } from "@carehub/runtime/attributes";
import { gauge } from "@carehub/runtime/meters";
import { type CareState, careStates } from "./domain/case-terms.ts";
import { readOpenCases } from "./storage/case-figures.ts";

const staleMs = 1_000;

/** Shows the open cases by care state and the due rows that wait to be raised; answers how to end it. */
export function watchCases(db: Database): () => void {
  let reading: Promise<ReadonlyMap<string, number>> | undefined;
  let readMs = 0;
  // One query for all of its figures.
  const openCases = () => {
    if (reading === undefined || performance.now() - readMs > staleMs) {
      readMs = performance.now();
      reading = readOpenCases(db);
    }
    return reading;
  };
  const named = { name: "carehub.intake.open_cases", description: "Cases that are not closed." };
  const gauges = careStates.map((careState: CareState) =>
    gauge(named, async () => (await openCases()).get(careState) ?? 0, {
      [attributes.careState]: careState,
    }),
  );
  gauges.push(
    gauge(
      { name: "carehub.intake.overdue", description: "Due times that have passed unraised." },
      () => dueCount(db),
    ),
  );
  return () => {
    for (const end of gauges) end();
  };
}
