/** One field of a request that broke a rule; `field` is the proto path, `description` never holds personal data. */
export type FieldViolation = { readonly field: string; readonly description: string };

/** What a refusal may carry beside its reason. */
export type DomainErrorOptions = {
  readonly violations?: readonly FieldViolation[];
  readonly cause?: unknown;
};

/**
 * A rule said no. The reason is one of a service's closed list; the metadata is what a program needs
 * to act on it. Both reach the caller, so neither ever holds personal data.
 */
export class DomainError<Reason extends string = string> extends Error {
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];

  constructor(
    reason: Reason,
    metadata: Readonly<Record<string, string>> = {},
    options: DomainErrorOptions = {},
  ) {
    super(describe(reason, metadata), options.cause === undefined ? {} : { cause: options.cause });
    this.name = "DomainError";
    this.reason = reason;
    this.metadata = metadata;
    this.violations = options.violations ?? [];
  }
}

function describe(reason: string, metadata: Readonly<Record<string, string>>): string {
  const facts = Object.entries(metadata).map(([key, value]) => `${key}: ${value}`);
  return facts.length === 0 ? reason : `${reason} (${facts.join(", ")})`;
}
