import type { Progress } from "@carehub/local/platform";
import { parseCurrency } from "@carehub/money/currency";
import { formatMoney } from "@carehub/money/decimal";
import type { Outcome, TimelineEntry } from "@carehub/partners/outcome";
import type { Rehearsal } from "@carehub/partners/rehearsal";
import type { Totals } from "@carehub/partners/totals";
import Table from "cli-table3";
import type { Demo } from "./demo.ts";

/** What the demo tells while it runs. */
export type DemoProgress = Required<Pick<Rehearsal, "onEvent" | "onClock">> & {
  readonly onStart: (progress: Progress) => void;
  readonly onNote: (note: string) => void;
};

/** Writes one line for each thing that happens, with the seconds since the start. */
export function describeProgress(writeLine: (line: string) => void): DemoProgress {
  const startedAt = performance.now();
  const say = (text: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(6);
    writeLine(`${seconds} s  ${text}`);
  };
  let day = "";
  return {
    onStart: ({ note }) => say(note),
    onNote: say,
    onClock: (now) => {
      const next = now.toZonedDateTimeISO("Asia/Almaty").toPlainDate().toString();
      if (next !== day) say(`— ${next} —`);
      day = next;
    },
    onEvent: (story, entry) => {
      const reason = entry.reason === "" ? "" : ` (${entry.reason})`;
      say(`${story.id}: ${entry.event?.event.case ?? "unknown"}${reason}`);
    },
  };
}

/** The tables at the end: each case with its end and why, then the totals. */
export function writeReport({ cases, totals, seconds, spanCount }: Demo): string {
  const bad = cases.filter(({ isAsExpected }) => !isAsExpected);
  return [
    casesTable(cases),
    seatsTable(totals),
    useTable(totals),
    moneyTable(totals),
    ...bad.map(describeDifference),
    `${cases.length - bad.length} of ${cases.length} cases ended as expected, in ${seconds.toFixed(1)} s;` +
      ` ${spanCount} spans were traced.`,
  ].join("\n");
}

function casesTable(cases: readonly Outcome[]): string {
  const table = new Table({
    head: ["case", "what", "care", "settlement", "why", "events", "as expected"],
    ...plain,
  });
  const groups = Map.groupBy(cases, ({ actual }) => groupOf(actual.careState));
  for (const group of [...groupStates.keys(), openGroup]) {
    const own = groups.get(group) ?? [];
    if (own.length > 0) table.push([{ colSpan: 7, content: `${group}: ${own.length}` }]);
    for (const { id, title, actual, timeline, isAsExpected } of own) {
      const { careState, settlementState, reason } = actual;
      const verdict = isAsExpected ? "yes" : "NO";
      table.push([
        ...[`  ${shortId(id)}`, cut(title), careState, settlementState, reason],
        ...[timeline.length, verdict],
      ]);
    }
  }
  return table.toString();
}

const groupStates: ReadonlyMap<string, readonly string[]> = new Map([
  ["Treated to the end", ["DISCHARGED"]],
  ["Stopped on the way", ["STOPPED", "CANCELLED", "DECEASED", "NO_SHOW"]],
  ["Answered with no, or sent elsewhere", ["REFUSED", "REJECTED", "RETURNED", "REDIRECTED"]],
  ["Out of time", ["EXPIRED"]],
  ["Not taken in", ["NOT_SUBMITTED"]],
]);
const openGroup = "Still open";

function groupOf(careState: string): string {
  const known = [...groupStates].find(([, states]) => states.includes(careState));
  return known?.[0] ?? openGroup;
}

/** `14-quota-of-ten-nukus-1` as `14 nukus-1`; of a file with one case, the number alone. */
function shortId(id: string): string {
  const [number = ""] = id.split("-");
  return [number, id.match(/-of-ten-(.+)$/)?.[1] ?? ""].join(" ").trim();
}

const titleMax = 78;

function cut(title: string): string {
  return title.length <= titleMax ? title : `${title.slice(0, titleMax - 1).trimEnd()}…`;
}

function seatsTable({ seats }: Totals): string {
  const table = new Table({
    head: ["quota", "period", "part", "granted", "free", "reserved", "committed", "consumed"],
    ...plain,
  });
  for (const seat of seats) {
    const { quota, period, granted, available, reserved, committed, consumed } = seat;
    const part = seat.setAside === "" ? "general" : seat.setAside;
    table.push([short(quota), period, part, granted, available, reserved, committed, consumed]);
  }
  return table.toString();
}

function useTable({ resources, pools }: Totals): string {
  const table = new Table({ head: ["resource or pool", "booked", "used"], ...plain });
  for (const { resource, bookedHours, usedHours } of resources) {
    if (bookedHours + usedHours === 0) continue;
    table.push([short(resource), `${bookedHours.toFixed(1)} h`, `${usedHours.toFixed(1)} h`]);
  }
  for (const { pool, plannedDays } of pools) {
    if (plannedDays > 0) table.push([short(pool), `${plannedDays} bed-days`, ""]);
  }
  return table.toString();
}

function moneyTable({ money }: Totals): string {
  const table = new Table({
    head: ["debtor", "creditor", "invoiced", "settled", "outstanding"],
    ...plain,
  });
  for (const { debtor, creditor, currency, ...amounts } of money) {
    const write = (amountMinor: bigint) =>
      formatMoney({ amountMinor, currency: parseCurrency(currency) });
    const { invoicedMinor, settledMinor, outstandingMinor } = amounts;
    table.push([
      short(debtor),
      short(creditor),
      write(invoicedMinor),
      write(settledMinor),
      write(outstandingMinor),
    ]);
  }
  return table.toString();
}

function describeDifference({ id, expected, actual, differences, timeline }: Outcome): string {
  const lines = [
    `${id} did not end as expected:`,
    `  expected ${JSON.stringify(expected)}`,
    `  found    ${JSON.stringify(actual)}`,
    ...differences.map((difference) => `  ${difference}`),
  ];
  return [...lines, ...timeline.map(describeEntry)].join("\n");
}

function describeEntry({ time, event, actor, reason, traceId }: TimelineEntry): string {
  return `    ${time} ${event} by ${actor}${reason === "" ? "" : ` (${reason})`} trace ${traceId}`;
}

/** `agreements/kz-uz-hubs-2026/quotas/heart-surgery` as `kz-uz-hubs-2026/heart-surgery`. */
function short(name: string): string {
  return name
    .split("/")
    .filter((_, index) => index % 2 === 1)
    .join("/");
}

/** No colours, and no line between rows. */
const plain = {
  style: { head: [], border: [] },
  chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
};
