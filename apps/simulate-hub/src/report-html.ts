import { type Day, dateOfDay } from "@carehub/capacity/domain/hub-time";
import { asHtml, type Chart, drawChart } from "./charts.ts";
import type { Results } from "./figures.ts";
import { quantile } from "./measures.ts";
import { difference, show } from "./report-text.ts";
import { planners } from "./rules.ts";
import type { Report } from "./simulate.ts";

const colors = { ours: "#1b6ca8", baseline: "#d1782f", open: "#b8c4cc", missed: "#8f5aa8" };
const deciles = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** The report as one page that needs nothing from elsewhere. */
export function writeHtml(report: Report): string {
  const { seed, patients, firstDate, lastDate } = report;
  const title = `A year of ${patients} patients at the example hub of Astana`;
  const words = [planners.ours, planners.baseline, planners.both, planners.figures];
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${asHtml(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 800px; color: #1d2730; }
svg { width: 100%; margin: 0.6em 0; } svg text { font: 11px system-ui, sans-serif; fill: #44515c; }
svg .title { font-weight: 600; font-size: 13px; } svg .grid { stroke: #e3e8ec; }
table { border-collapse: collapse; width: 100%; } td, th { padding: 2px 8px; text-align: right; }
td:first-child { text-align: left; } tr.group td { font-weight: 600; padding-top: 0.8em; }
tr:not(.group):nth-child(even) { background: #f5f7f9; }
</style>
<h1>${asHtml(title)}</h1>
<p>${firstDate} to ${lastDate}, seed ${seed}</p>
${chartsOf(report).map(drawChart).join("\n")}
${tableOf(report)}
${words.map((text) => `<p>${asHtml(text)}</p>`).join("\n")}
</html>
`;
}

function chartsOf({ ours, baseline }: Report): Chart[] {
  const weeks = { kind: "LINE", ticks: monthTicks(ours) } as const;
  const name = { ours: ours.planner, baseline: baseline.planner };
  const both = (ofOurs: readonly number[], ofBaseline: readonly number[]) => [
    { label: name.ours, color: colors.ours, values: ofOurs },
    { label: name.baseline, color: colors.baseline, values: ofBaseline },
  ];
  const used = ({ weeks: all }: Results) => all.map(({ usedHours }) => usedHours);
  const open = ours.weeks.map(({ openHours }) => openHours);
  const waits = ours.waits.map(({ label, days }, at): Chart => {
    const share = (values: readonly number[]) => deciles.map((part) => quantile(values, part));
    return {
      ...{ title: `Wait from ready to the first session, ${label}`, kind: "LINE" },
      unit: "days, by the share of patients who wait no longer",
      series: both(share(days), share(baseline.waits[at]?.days ?? [])),
      ticks: deciles.map((part, index) => ({ at: index, text: `${Math.round(part * 100)} %` })),
    };
  });
  return [
    {
      ...{
        ...weeks,
        title: "Room hours used by week",
        unit: "of the open hours (grey; holidays dip)",
      },
      series: [
        { label: "", color: colors.open, values: open },
        ...both(used(ours), used(baseline)),
      ],
    },
    ...waits,
    violationChart(ours, baseline),
    ...[ours, baseline].map((results): Chart => {
      return {
        ...{ ...weeks, kind: "BAR", title: `Appointments changed by week, ${results.planner}` },
        unit: "for breakdowns and for missed sessions",
        series: [
          {
            ...{ label: "breakdowns", color: colors.ours },
            values: results.replansByWeek.map(({ outage }) => outage),
          },
          {
            ...{ label: "missed", color: colors.missed },
            values: results.replansByWeek.map(({ missed }) => missed),
          },
        ],
      };
    }),
  ];
}

function violationChart(ours: Results, baseline: Results): Chart {
  const labels = [
    "category 1: longer than its limit",
    "category 2: longer than its limit",
    "courses with such a gap",
  ];
  const short = ["category 1 too long", "category 2 too long", "a gap too long"];
  const valuesOf = ({ groups }: Results) => {
    const figures = groups.flatMap((group) => group.figures);
    return labels.map((label) => figures.find((one) => one.label === label)?.value ?? 0);
  };
  return {
    ...{ title: "Courses that break a limit", unit: "number", kind: "BAR" },
    series: [
      { label: ours.planner, color: colors.ours, values: valuesOf(ours) },
      { label: baseline.planner, color: colors.baseline, values: valuesOf(baseline) },
    ],
    ticks: short.map((text, at) => ({ at, text })),
  };
}

// The first week that begins in each month.
function monthTicks({ weeks }: Results): Chart["ticks"] {
  const monthOf = (first: Day) => dateOfDay(first).month;
  return weeks.flatMap(({ first }, at) => {
    const before = weeks[at - 1];
    const isNew = before === undefined || monthOf(before.first) !== monthOf(first);
    return isNew ? [{ at, text: dateOfDay(first).toLocaleString("en", { month: "short" }) }] : [];
  });
}

function tableOf({ ours, baseline }: Report): string {
  const rows = ours.groups.flatMap((group, at) => [
    `<tr class="group"><td colspan="4">${asHtml(group.title)}</td></tr>`,
    ...group.figures.map((figure, index) => {
      const other = baseline.groups[at]?.figures[index] ?? figure;
      const cells = [figure.label, show(figure), show(other), difference(figure, other)];
      return `<tr>${cells.map((cell) => `<td>${asHtml(cell)}</td>`).join("")}</tr>`;
    }),
  ]);
  const head = ["", ours.planner, baseline.planner, "difference"];
  return `<table><tr>${head.map((cell) => `<th>${asHtml(cell)}</th>`).join("")}</tr>${rows.join("\n")}</table>`;
}
