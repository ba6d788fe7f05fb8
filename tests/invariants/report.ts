import type { Report } from "./check-platform.ts";

const shownMax = 20;

/** The report for people: a line a rule with what it looked at, then each violation with its place. */
export function writeReport({
  findings,
  duplicates,
  withoutHistory,
  violationCount,
}: Report): string {
  const lines = [`${"".padEnd(3)} ${"looked at".padStart(9)} ${"broken".padStart(6)}  rule`];
  for (const { invariant, rule, looked, violations } of findings) {
    const counts = `${String(looked).padStart(9)} ${String(violations.length).padStart(6)}`;
    lines.push(`${invariant.padEnd(3)} ${counts}  ${rule}${looked === 0 ? "  ← saw nothing" : ""}`);
    for (const { database, table, row, found } of violations.slice(0, shownMax))
      lines.push(`    ${database} ${table}: ${row}: ${found}`);
    if (violations.length > shownMax) lines.push(`    and ${violations.length - shownMax} more`);
  }
  if (withoutHistory) lines.push("I5  not checked: no --history was given");
  lines.push(`${duplicates} messages stand on their topics twice`);
  lines.push(violationCount === 0 ? "nothing is broken" : `${violationCount} violations`);
  return `${lines.join("\n")}\n`;
}
