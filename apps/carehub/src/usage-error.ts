/** What the caller of the command line got wrong; told without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
