import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { Tls } from "../src/tls.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hourMs = 3_600_000;

/** What a test certificate says; without URIs it has only the name `localhost`. */
export type CertificateFacts = {
  readonly uris?: readonly string[];
  readonly expiresInMs?: number;
  readonly dnsNames?: readonly string[];
};

/** A certificate authority of one test. */
export type Authority = {
  readonly ca: string;
  readonly issue: (facts: CertificateFacts) => Promise<Tls>;
};

/** Makes an authority that issues certificates for localhost. */
export async function createAuthority(): Promise<Authority> {
  const keys = await generateKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=test authority",
    notBefore: new Date(Date.now() - 2 * hourMs),
    notAfter: new Date(Date.now() + hourMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const ca = root.toString("pem");
  return { ca, issue: (facts) => issue({ facts, root, rootKey: keys.privateKey, ca }) };
}

async function issue(made: {
  facts: CertificateFacts;
  root: x509.X509Certificate;
  rootKey: webcrypto.CryptoKey;
  ca: string;
}): Promise<Tls> {
  const { facts, root, rootKey, ca } = made;
  const keys = await generateKeys();
  const names = [
    ...(facts.dnsNames ?? ["localhost"]).map((value) => ({ type: "dns" as const, value })),
    ...(facts.uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: Math.floor(Math.random() * 1e9)
      .toString(16)
      .padStart(10, "0"),
    subject: "CN=test",
    issuer: root.subject,
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + (facts.expiresInMs ?? hourMs)),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: rootKey,
    extensions: [new x509.SubjectAlternativeNameExtension(names)],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    ca,
    cert: certificate.toString("pem"),
    key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
  };
}

function generateKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
