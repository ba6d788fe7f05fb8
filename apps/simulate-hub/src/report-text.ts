import Table from "cli-table3";
import type { Figure } from "./figures.ts";
import { planners } from "./rules.ts";
import type { Report } from "./simulate.ts";

/** The report as a table of both planners and their difference. */
export function writeText(report: Report): string {
  const { seed, patients, firstDate, lastDate, ours, baseline, rejected } = report;
  const table = new Table({
    head: ["", ours.planner, baseline.planner, "difference"],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  for (const [at, group] of ours.groups.entries()) {
    table.push([{ colSpan: 4, content: group.title.toUpperCase() }]);
    for (const [index, figure] of group.figures.entries()) {
      const other = baseline.groups[at]?.figures[index] ?? figure;
      table.push([figure.label, show(figure), show(other), difference(figure, other)]);
    }
  }
  return [
    `A year of ${patients} patients at the example hub of Astana, ${firstDate} to ${lastDate}, seed ${seed}`,
    table.toString(),
    planners.ours,
    planners.baseline,
    planners.both,
    planners.figures,
    ...rejected.slice(0, rejectedMax).map((line) => `not accepted: ${line}`),
  ].join("\n\n");
}

const rejectedMax = 20;

/** A figure with its digits. */
export function show({ value, digits }: Figure): string {
  return value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

/** How much more the first has than the other, with its sign. */
export function difference(figure: Figure, other: Figure): string {
  const more = { ...figure, value: figure.value - other.value };
  return more.value > 0 ? `+${show(more)}` : show({ ...more, value: more.value + 0 });
}
