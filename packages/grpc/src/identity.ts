import type { PeerCertificate } from "node:tls";
import { type Caller, type Role, roles } from "@carehub/rules/caller";
import { DomainError } from "@carehub/rules/domain-error";

const identityPattern = /^spiffe:\/\/([a-z0-9._-]{1,255})\/([a-z]{1,32})\/([A-Za-z0-9._-]{1,128})$/;

/** Who stands behind a connection, and until when its certificate says so. */
export type Identity = {
  readonly caller: Caller;
  readonly spiffeId: string;
  readonly expiresAtMs: number;
};

/** One entry of a certificate's subject alternative name: `URI` and its value. */
export type AlternativeName = { readonly type: string; readonly value: string };

/**
 * Reads the caller from a certificate that TLS has already verified. Anything but exactly one URI,
 * which is a SPIFFE identity of our trust domain with a known role, fails with CALLER_UNKNOWN.
 */
export function readIdentity(
  certificate: Pick<PeerCertificate, "subjectaltname" | "valid_to"> | undefined,
  trustDomain: string,
): Identity {
  if (certificate === undefined) throw callerUnknown("NO_CERTIFICATE");
  const uris = parseAlternativeNames(certificate.subjectaltname ?? "")
    .filter(({ type }) => type === "URI")
    .map(({ value }) => value);
  const [spiffeId] = uris;
  if (spiffeId === undefined) throw callerUnknown("NO_URI");
  if (uris.length > 1) throw callerUnknown("SEVERAL_URIS");
  const [, domain, role, id] = identityPattern.exec(spiffeId) ?? [];
  if (domain === undefined || role === undefined || id === undefined || /^\.+$/.test(id)) {
    throw callerUnknown("MALFORMED_IDENTITY");
  }
  if (domain !== trustDomain) throw callerUnknown("FOREIGN_TRUST_DOMAIN");
  if (!isRole(role)) throw callerUnknown("UNKNOWN_ROLE");
  return {
    caller: Object.freeze({ role, id, name: `${role}/${id}` }),
    spiffeId,
    expiresAtMs: Date.parse(certificate.valid_to),
  };
}

/** Refuses an identity whose certificate has expired since its connection was made. */
export function requireUnexpired(identity: Identity, nowMs: number): void {
  if (!(nowMs < identity.expiresAtMs)) throw callerUnknown("EXPIRED");
}

/**
 * Splits Node's text of a subject alternative name. A value with a comma, quote or control
 * character stands there as a JSON string, so that `DNS:"a, URI:spiffe://…"` is one name and not
 * two.
 */
export function parseAlternativeNames(text: string): AlternativeName[] {
  const names: AlternativeName[] = [];
  const entry = /([A-Za-z][A-Za-z ]*):(?:("(?:[^"\\]|\\.)*")|([^",]*))(?:, |$)/y;
  while (entry.lastIndex < text.length) {
    const match = entry.exec(text);
    if (match === null) throw callerUnknown("MALFORMED_CERTIFICATE");
    const [, type = "", quoted, plain = ""] = match;
    names.push({ type, value: quoted === undefined ? plain : unquote(quoted) });
  }
  return names;
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch (cause) {
    throw callerUnknown("MALFORMED_CERTIFICATE", cause);
  }
}

function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

function callerUnknown(found: string, cause?: unknown): DomainError<"CALLER_UNKNOWN"> {
  return new DomainError("CALLER_UNKNOWN", { found }, { cause });
}
