import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutFolder } from "@carehub/local/state";

const file = join(checkoutFolder, "docs/benchmarks.md");

/** Replaces what docs/benchmarks.md says of one suite, between its two markers, and nothing else. */
export function writeIntoDocument(suite: string, markdown: string): void {
  writeFileSync(file, replaceBetween(readFileSync(file, "utf8"), suite, markdown));
}

/** The text with something else between the markers of the suite; throws where they are missing. */
export function replaceBetween(text: string, suite: string, markdown: string): string {
  const begin = `<!-- begin ${suite} -->`;
  const end = `<!-- end ${suite} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document has no ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${markdown.trim()}\n${text.slice(to)}`;
}
