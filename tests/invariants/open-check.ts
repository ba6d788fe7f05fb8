import type { Check, Violation } from "./invariant.ts";

/** A check under way: what was looked at is counted, what breaks the rule is added. */
export function openCheck(rule: string) {
  const violations: Violation[] = [];
  let looked = 0;
  return {
    look(rows = 1): void {
      looked += rows;
    },
    add(violation: Violation): void {
      violations.push(violation);
    },
    close: (): Check => ({ rule, looked, violations }),
  };
}
