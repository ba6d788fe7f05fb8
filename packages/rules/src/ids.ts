import { DomainError } from "./domain-error.ts";

declare const brand: unique symbol;

/** A string that only its parser makes, so that one kind of name cannot stand for another. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** A lower-case UUID in its usual text form. */
export type Uuid = Branded<"Uuid">;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a UUID; any other text fails with INVALID_FIELD naming the field. */
export function parseUuid(text: string, field: string): Uuid {
  if (!uuidPattern.test(text)) throw invalidField(field, "is not a lower-case UUID");
  return text as Uuid;
}

/** Reads the UUID out of a resource name such as `referrals/{uuid}`. */
export function parseName(name: string, collection: string, field: string): Uuid {
  const prefix = `${collection}/`;
  if (!name.startsWith(prefix)) throw invalidField(field, `does not start with ${prefix}`);
  return parseUuid(name.slice(prefix.length), field);
}

/** A refusal of one malformed field; every service maps its reason to INVALID_ARGUMENT. */
export function invalidField(field: string, description: string): DomainError<"INVALID_FIELD"> {
  return new DomainError("INVALID_FIELD", { field }, { violations: [{ field, description }] });
}
