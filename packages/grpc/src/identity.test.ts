import { expect, test } from "vitest";
import { parseAlternativeNames, readIdentity, requireUnexpired } from "./identity.ts";

const trustDomain = "carehub.example";
const valid_to = "Nov 22 15:46:00 2030 GMT";

function read(subjectaltname?: string) {
  return readIdentity(
    { valid_to, ...(subjectaltname === undefined ? {} : { subjectaltname }) },
    trustDomain,
  );
}

test("reads role, id and expiry from the one URI", () => {
  expect(read("DNS:localhost, URI:spiffe://carehub.example/ministry/UZ")).toEqual({
    caller: { role: "ministry", id: "UZ", name: "ministry/UZ" },
    spiffeId: "spiffe://carehub.example/ministry/UZ",
    expiresAtMs: Date.parse("2030-11-22T15:46:00Z"),
  });
});

test.each([
  ["no URI", "DNS:localhost", "NO_URI"],
  ["no alternative name at all", undefined, "NO_URI"],
  [
    "two URIs",
    "URI:spiffe://carehub.example/hub/a, URI:spiffe://carehub.example/hub/b",
    "SEVERAL_URIS",
  ],
  ["another trust domain", "URI:spiffe://evil.example/hub/a", "FOREIGN_TRUST_DOMAIN"],
  ["an unknown role", "URI:spiffe://carehub.example/admin/a", "UNKNOWN_ROLE"],
  ["a role of the object prototype", "URI:spiffe://carehub.example/constructor/a", "UNKNOWN_ROLE"],
  ["no id", "URI:spiffe://carehub.example/hub", "MALFORMED_IDENTITY"],
  ["an id of dots", "URI:spiffe://carehub.example/hub/..", "MALFORMED_IDENTITY"],
  ["a longer path", "URI:spiffe://carehub.example/hub/a/b", "MALFORMED_IDENTITY"],
  ["a port", "URI:spiffe://carehub.example:1/hub/a", "MALFORMED_IDENTITY"],
  ["a query", "URI:spiffe://carehub.example/hub/a?b", "MALFORMED_IDENTITY"],
  ["a line break at the end", 'URI:"spiffe://carehub.example/hub/a\\n"', "MALFORMED_IDENTITY"],
  ["another scheme", "URI:https://carehub.example/hub/a", "MALFORMED_IDENTITY"],
  [
    "a text that is not a name list",
    "URI:spiffe://carehub.example/hub/a,URI:b",
    "MALFORMED_CERTIFICATE",
  ],
  ["a quote that does not end", 'DNS:"a', "MALFORMED_CERTIFICATE"],
])("knows no caller from %s", (_what, names, found) => {
  expect(() => read(names)).toThrow(
    expect.objectContaining({ reason: "CALLER_UNKNOWN", metadata: { found } }),
  );
});

test("knows no caller without a certificate", () => {
  expect(() => readIdentity(undefined, trustDomain)).toThrow(/NO_CERTIFICATE/);
});

test("takes a URI inside of another name as part of that name", () => {
  const names =
    'DNS:"a, URI:spiffe://carehub.example/operator/desk", URI:spiffe://carehub.example/hub/a';
  expect(read(names).caller.name).toBe("hub/a");
  expect(parseAlternativeNames(names)).toHaveLength(2);
});

test("reads names with escapes and other kinds", () => {
  expect(
    parseAlternativeNames('IP Address:127.0.0.1, DirName:"CN=\\"x\\", O=y", email:a@b'),
  ).toEqual([
    { type: "IP Address", value: "127.0.0.1" },
    { type: "DirName", value: 'CN="x", O=y' },
    { type: "email", value: "a@b" },
  ]);
});

test("refuses a certificate that expired while its connection stayed open", () => {
  const identity = read("URI:spiffe://carehub.example/hub/a");
  expect(() => requireUnexpired(identity, identity.expiresAtMs - 1)).not.toThrow();
  expect(() => requireUnexpired(identity, identity.expiresAtMs)).toThrow(/EXPIRED/);
  expect(() => requireUnexpired({ ...identity, expiresAtMs: Number.NaN }, 0)).toThrow(/EXPIRED/);
});
