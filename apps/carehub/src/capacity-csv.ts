import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { GenEnum } from "@bufbuild/protobuf/codegenv2";
import {
  ClosureKindSchema,
  ClosureSchema,
  ExceptionalOpeningSchema,
  type Hub,
  type Pool,
  PoolKindSchema,
  PoolSchema,
  type Resource,
  ResourceKindSchema,
  ResourceSchema,
  Weekday,
  WeekdaySchema,
  WeeklyOpeningSchema,
} from "@carehub/contracts/gen/carehub/capacity/v1/hub_pb.ts";
import { cellReader, type Row, readCsv } from "./csv-file.ts";
import { FileError, type Problem } from "./file-error.ts";
import { type InputFile, type Locate, violationsOf } from "./input-file.ts";

/** The columns of a capacity file; see `capacityHelp`. */
const columns = {
  known: [
    "row",
    "id",
    "kind",
    "resources",
    "days",
    "date",
    "last_date",
    "start",
    "end",
    "capacity",
    "reason",
  ],
  needed: ["row"],
};

/** What a capacity file is made of, for the help. */
export const capacityHelp = `A .yaml or .json file holds the whole document under \`hub:\`, as in examples/hubs/*.yaml.
A .csv file holds parts of it, one thing a row; what it has rows of replaces that part of the published document:
  row=resource  id, kind (ROOM, THEATRE, …), days (MON-FRI or MON WED), start, end: one row for each weekly opening
  row=pool      id, kind (BED, BEAM), capacity, resources (the rooms that share a beam)
  row=opening   date, start, end, resources (empty: all): open on that date beside the weekly openings
  row=closure   kind (CLOSURE, MAINTENANCE, …), date, last_date, start, end, reason, resources (empty: all)
Times are HH:MM in the hub's zone, dates YYYY-MM-DD, lists are parted by spaces.`;

/** The parts of a hub's document that a table holds; a part without a row is undefined. */
export type CapacityParts = {
  readonly [Part in "resources" | "pools" | "exceptionalOpenings" | "closures"]?: Hub[Part];
};

/** Reads a table; fails with FileError and every problem. */
export function readCapacityCsv(input: InputFile): {
  readonly parts: CapacityParts;
  readonly locate: Locate;
} {
  const problems: Problem[] = [];
  const reading: Reading = {
    resources: new Map(),
    pools: [],
    openings: [],
    closures: [],
    lines: new Map(),
    problems,
  };
  for (const row of readCsv(input.name, input.text, columns)) readRow(reading, row);
  const parts: CapacityParts = {
    ...part("resources", [...reading.resources.values()]),
    ...part("pools", reading.pools),
    ...part("exceptionalOpenings", reading.openings),
    ...part("closures", reading.closures),
  };
  const locate = locator(reading.lines);
  // What a cell holds was checked; what is left is told by the contract.
  if (problems.length === 0) problems.push(...violationsOfParts(parts, locate));
  if (problems.length > 0) throw new FileError(input.name, problems);
  return { parts, locate };
}

type Reading = {
  readonly resources: Map<string, Resource>;
  readonly pools: Pool[];
  readonly openings: Hub["exceptionalOpenings"];
  readonly closures: Hub["closures"];
  /** The lines of parts, by their paths. */
  readonly lines: Map<string, number>;
  readonly problems: Problem[];
};

function readRow(reading: Reading, row: Row): void {
  const cells = cellReader(row, reading.problems);
  const at = (path: string) => reading.lines.set(`hub.${path}`, row.line);
  const kind = row.cell("row");
  switch (kind) {
    case "resource":
      readResource(reading, row, cells);
      return;
    case "pool":
      at(`pools[${reading.pools.length}]`);
      reading.pools.push(
        create(PoolSchema, {
          id: cells.text("id"),
          kind: enumOf(cells, row, PoolKindSchema),
          capacity: cells.count("capacity"),
          serves: cells.list("resources"),
        }),
      );
      return;
    case "opening":
      at(`exceptional_openings[${reading.openings.length}]`);
      reading.openings.push(
        create(ExceptionalOpeningSchema, {
          resources: cells.list("resources"),
          date: cells.date("date"),
          start: cells.time("start"),
          end: cells.time("end"),
        }),
      );
      return;
    case "closure":
      at(`closures[${reading.closures.length}]`);
      reading.closures.push(create(ClosureSchema, readClosure(cells, row)));
      return;
    default:
      cells.wrong("row", "is not resource, pool, opening or closure");
  }
}

type Cells = ReturnType<typeof cellReader>;

// Each row of a resource is one more of its openings.
function readResource(reading: Reading, row: Row, cells: Cells): void {
  const id = cells.text("id");
  const kind = enumOf(cells, row, ResourceKindSchema);
  const known = reading.resources.get(id);
  const resource = known ?? create(ResourceSchema, { id, kind });
  if (resource.kind !== kind) cells.wrong("kind", `is not that of ${id} above`);
  const index =
    known === undefined ? reading.resources.size : [...reading.resources.keys()].indexOf(id);
  const path = `hub.resources[${index}]`;
  if (known === undefined) reading.lines.set(path, row.line);
  reading.resources.set(id, resource);
  if (row.cell("days") === "" && row.cell("start") === "" && row.cell("end") === "") return;
  reading.lines.set(`${path}.weekly_openings[${resource.weeklyOpenings.length}]`, row.line);
  const opening = { days: readDays(cells), start: cells.time("start"), end: cells.time("end") };
  resource.weeklyOpenings.push(create(WeeklyOpeningSchema, opening));
}

function readClosure(cells: Cells, row: Row): MessageInitShape<typeof ClosureSchema> {
  const firstDate = cells.date("date");
  return {
    resources: cells.list("resources"),
    kind: enumOf(cells, row, ClosureKindSchema),
    reason: cells.text("reason"),
    firstDate,
    lastDate: row.cell("last_date") === "" ? firstDate : cells.date("last_date"),
    start: row.cell("start") === "" ? "" : cells.time("start"),
    end: row.cell("end") === "" ? "" : cells.time("end"),
  };
}

const weekdays = WeekdaySchema.values.slice(1).map(({ localName, number }) => ({
  name: localName.slice(0, 3),
  number,
}));

function readDays(cells: Cells): Weekday[] {
  const numberOf = (text: string | undefined) =>
    weekdays.find(({ name }) => name === text?.toUpperCase())?.number;
  const days = cells.list("days").flatMap((text) => {
    const [first, last] = text.split("-").map(numberOf);
    const to = text.includes("-") ? last : first;
    if (first === undefined || to === undefined || to < first) return [Weekday.UNSPECIFIED];
    return Array.from({ length: to - first + 1 }, (_, index) => (first + index) as Weekday);
  });
  if (days.length === 0 || days.includes(Weekday.UNSPECIFIED)) {
    cells.wrong("days", "are not days such as MON-FRI or MON WED");
  }
  return days;
}

function enumOf<Value extends number>(cells: Cells, row: Row, schema: GenEnum<Value>): Value {
  const text = row.cell("kind").toUpperCase().replaceAll("-", "_");
  const found = schema.values.slice(1).find(({ localName }) => localName === text);
  if (found !== undefined) return found.number as Value;
  const names = schema.values.slice(1).map(({ localName }) => localName);
  cells.wrong("kind", `is not one of ${names.join(", ")}`);
  return 0 as Value;
}

function part<Name extends keyof CapacityParts>(name: Name, rows: Hub[Name]): CapacityParts {
  return rows.length === 0 ? {} : { [name]: rows };
}

function violationsOfParts(parts: CapacityParts, locate: Locate): Problem[] {
  const { resources = [], pools = [], exceptionalOpenings = [], closures = [] } = parts;
  const found = [
    ...resources.flatMap((each, index) =>
      violationsOf(ResourceSchema, each, `hub.resources[${index}]`),
    ),
    ...pools.flatMap((each, index) => violationsOf(PoolSchema, each, `hub.pools[${index}]`)),
    ...exceptionalOpenings.flatMap((each, index) =>
      violationsOf(ExceptionalOpeningSchema, each, `hub.exceptional_openings[${index}]`),
    ),
    ...closures.flatMap((each, index) =>
      violationsOf(ClosureSchema, each, `hub.closures[${index}]`),
    ),
  ];
  return found.map(({ path, description }) => {
    return { ...(locate(path) ?? { line: 0, field: path }), description };
  });
}

const columnOf: Readonly<Record<string, string>> = { first_date: "date", serves: "resources" };

/** The row of the longest known part of a path, and the column of its last name. */
function locator(lines: ReadonlyMap<string, number>): Locate {
  return (path) => {
    for (let known = path; known !== ""; known = known.replace(/(\.|^)[^.]*$/, "")) {
      const line = lines.get(known);
      if (line === undefined) continue;
      const [name = ""] = /[a-z_]+(?=(\[\d+\])?$)/.exec(path) ?? [];
      return { line, field: known === path ? "" : (columnOf[name] ?? name) };
    }
    return undefined;
  };
}
