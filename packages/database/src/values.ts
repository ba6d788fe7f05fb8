import pg from "pg";

/**
 * Turns a value into what the driver sends; Temporal values would otherwise go out as quoted JSON.
 */
export function toParameter(value: unknown): unknown {
  if (value instanceof Temporal.Instant || value instanceof Temporal.PlainDate)
    return value.toString();
  if (Array.isArray(value)) return value.map(toParameter);
  return value;
}

/**
 * The driver's readers of column types, with the house's own for time and whole numbers:
 * timestamptz is a Temporal.Instant (with its microseconds), date a Temporal.PlainDate, int8 a
 * bigint, and arrays of them likewise.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") => {
    const ours = format === "binary" ? undefined : readers.get(oid);
    return ours ?? pg.types.getTypeParser(oid, format);
  },
};

const readInstant = (text: string) => Temporal.Instant.from(text);
const readDate = (text: string) => Temporal.PlainDate.from(text);

const readers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.TIMESTAMPTZ, readInstant],
  [pg.types.builtins.DATE, readDate],
  [pg.types.builtins.INT8, BigInt],
  [1185, arrayOf(readInstant)],
  [1182, arrayOf(readDate)],
  [1016, arrayOf(BigInt)],
]);

function arrayOf(read: (text: string) => unknown): (text: string) => unknown {
  // Elements of these types hold neither commas nor quotes that matter nor nested arrays in our
  // tables.
  return (text) =>
    text === "{}"
      ? []
      : text
          .slice(1, -1)
          .split(",")
          .map((element) => (element === "NULL" ? null : read(element.replaceAll('"', ""))));
}
