/**
 * Writes values that JSON lacks as tagged objects, so that a jsonb column gives back exactly what was put in: instants,
 * dates and whole numbers beyond a double. The tags cannot occur otherwise: no fact has a field that begins with `$`.
 */

type Tagged =
  | { readonly $instant: string }
  | { readonly $date: string }
  | { readonly $bigint: string };

/** The JSON text of a value. */
export function toFactsJson(value: unknown): string {
  return JSON.stringify(encode(value));
}

/** The value of a parsed JSON document that `toFactsJson` wrote. */
export function fromFactsJson<Value>(json: unknown): Value {
  return decode(json) as Value;
}

function encode(value: unknown): unknown {
  if (value instanceof Temporal.Instant) return { $instant: value.toString() } satisfies Tagged;
  if (value instanceof Temporal.PlainDate) return { $date: value.toString() } satisfies Tagged;
  if (typeof value === "bigint") return { $bigint: value.toString() } satisfies Tagged;
  if (Array.isArray(value)) return value.map(encode);
  return mapFields(value, encode);
}

function decode(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(decode);
  if (typeof json !== "object" || json === null) return json;
  if ("$instant" in json) return Temporal.Instant.from(String(json.$instant));
  if ("$date" in json) return Temporal.PlainDate.from(String(json.$date));
  if ("$bigint" in json) return BigInt(String(json.$bigint));
  return mapFields(json, decode);
}

function mapFields(value: unknown, change: (field: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.map(([name, field]) => [name, change(field)]));
}
