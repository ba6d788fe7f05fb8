// By the house's naming, a name ending in At is an instant and one ending in Date is a date: no other
// text is stored under such a name.
function revive(key: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (key.endsWith("At")) return Temporal.Instant.from(value);
  return key.endsWith("Date") ? Temporal.PlainDate.from(value) : value;
}

/** The JSON text of facts; what is undefined is left out. */
export function writeFacts(facts: object): string {
  return JSON.stringify(facts);
}

/** Reads what `writeFacts` wrote; the text comes from our own rows, so its shape is trusted. */
export function readFacts<Facts>(text: string): Facts {
  return JSON.parse(text, revive) as Facts;
}
