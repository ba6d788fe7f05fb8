import type { Caller } from "@carehub/rules/caller";

/** The side of a case that a caller acts for: `parties/UZ`, `hubs/umc-heart`; undefined for who has no side. */
export function sideOf(caller: Caller): string | undefined {
  if (caller.role === "ministry") return `parties/${caller.id}`;
  return caller.role === "hub" ? `hubs/${caller.id}` : undefined;
}
