/** Reports a bug: a state that the code itself should have made impossible. The sentence says which. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${sentence}`);
}

/** Returns the value, or reports a bug where there is none. */
export function must<Value>(value: Value | null | undefined, sentence: string): Value {
  assert(value !== null && value !== undefined, sentence);
  return value;
}
