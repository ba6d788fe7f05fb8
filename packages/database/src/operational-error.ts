/**
 * The database could not do what was asked, for a reason that is no rule: a lost connection, a
 * time-out, a constraint. The cause is the driver's error. Neither message nor fields hold a value
 * of a row.
 */
export class OperationalError extends Error {
  /** PostgreSQL's code of the error, where it was PostgreSQL that refused: `23P01`. */
  readonly sqlState: string | undefined;
  /** The constraint that refused. */
  readonly constraint: string | undefined;
  /**
   * True when the connection was lost while a commit was under way: it may have happened or not. To
   * ask again with the same source (request id, message, due row) is right in either case.
   */
  readonly outcomeUnknown: boolean;

  constructor(doing: string, options: { cause: unknown; outcomeUnknown?: boolean }) {
    const { cause, outcomeUnknown = false } = options;
    const sqlState = sqlStateOf(cause);
    super(`the database failed at ${doing}${sqlState === undefined ? "" : ` (${sqlState})`}`, {
      cause,
    });
    this.name = "OperationalError";
    this.sqlState = sqlState;
    this.constraint = constraintOf(cause);
    this.outcomeUnknown = outcomeUnknown;
  }
}

/**
 * PostgreSQL's five-character code of an error or of its cause; undefined when it came from
 * elsewhere.
 */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof OperationalError) return error.sqlState;
  if (!(error instanceof Error) || !("code" in error) || !("severity" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function constraintOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("constraint" in error)) return undefined;
  return typeof error.constraint === "string" ? error.constraint : undefined;
}
