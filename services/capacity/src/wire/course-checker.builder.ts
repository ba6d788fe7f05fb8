import { createHash } from "node:crypto";
import {
  checkCourse as verifyCourse,
  checkTogether as verifyTogether,
} from "@carehub/verify-course/check";
import { testNow } from "../domain/hub.builder.ts";
import type { HubDocument } from "../domain/hub.ts";
import { toWireHub } from "./hub-document.ts";

/*
 * What this service plans is accepted by the program that ministries check certificates with; it knows the hub's
 * document as the API shows it, and nothing of this service.
 */

/** What is wrong with a held course, in words; nothing when it can be treated as held. */
export function checkCourse(document: HubDocument, text: string, sessionCount: number): string[] {
  const hash = createHash("sha256").update(text).digest("hex");
  const { sessions } = JSON.parse(text) as { readonly sessions: readonly unknown[] };
  const violations = verifyCourse(text, hash, shown(document, text));
  return [
    ...(sessions.length === sessionCount ? [] : [`${sessions.length} of ${sessionCount} sessions`]),
    ...violations.map(({ rule, where, found }) => `${rule}: ${where} ${found}`),
  ];
}

/** What is wrong with several held courses together: overlaps, and pools over their capacity. */
export function checkTogether(document: HubDocument, texts: readonly string[]): string[] {
  const certified = texts.map((text) => ({ text, hub: shown(document, text) }));
  return verifyTogether(certified).map(({ rule, where, found }) => `${rule}: ${where} ${found}`);
}

// As the version that the certificate names: these documents were never published, or only once as they are.
function shown(document: HubDocument, text: string) {
  const { capacity_version: version } = JSON.parse(text) as { readonly capacity_version: number };
  return toWireHub({ document, version, createdAt: testNow, updatedAt: testNow }, testNow);
}
