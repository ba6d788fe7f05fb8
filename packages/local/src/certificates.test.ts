import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type PeerCertificate, type TLSSocket } from "node:tls";
import { afterAll, expect, test } from "vitest";
import {
  type Certificates,
  type Flaw,
  issueCertificates,
  issueFlawedCertificate,
  type TlsMaterial,
} from "./certificates.ts";

const dir = mkdtempSync(join(tmpdir(), "carehub-certificates-"));
afterAll(() => rmSync(dir, { recursive: true }));

const trustDomain = "carehub.example";
const identities = ["service/intake", "ministry/UZ"];
const issued: Certificates = await issueCertificates({ dir, trustDomain, identities });

test("lets a ministry and a service know each other by name over mutual TLS", async () => {
  const seen = await handshake(issued.tls("ministry/UZ"));
  expect(seen.byServer.subjectaltname).toBe(
    "URI:spiffe://carehub.example/ministry/UZ, DNS:localhost",
  );
  expect(seen.byClient.subjectaltname).toBe(
    "URI:spiffe://carehub.example/service/intake, DNS:localhost, DNS:intake.carehub.example",
  );
});

test("keeps private keys to their owner", () => {
  expect(statSync(issued.files("ministry/UZ").key).mode & 0o777).toBe(0o600);
});

test("reuses what is valid, and issues anew what has other names", async () => {
  const again = await issueCertificates({ dir, trustDomain, identities });
  expect(again.tls("ministry/UZ")).toEqual(issued.tls("ministry/UZ"));
  const identitiesMore = ["hub/astana-proton", ...identities];
  const more = await issueCertificates({ dir, trustDomain, identities: identitiesMore });
  expect((await handshake(more.tls("hub/astana-proton"))).byServer.subjectaltname).toContain(
    "hub/astana-proton",
  );
  const dnsNames = ["localhost", "intake.carehub.example"];
  const identitiesNamed = ["service/billing"];
  const before = await issueCertificates({ dir, trustDomain, identities: identitiesNamed });
  const bytes = before.tls("service/billing").cert;
  const after = await issueCertificates({
    dir,
    trustDomain,
    identities: identitiesNamed,
    dnsNames,
  });
  expect(after.tls("service/billing").cert).not.toEqual(bytes);
});

test("has no certificate for who was not asked for", () => {
  expect(() => issued.files("ministry/KG")).toThrow("No certificate was made for ministry/KG.");
});

test.each([
  ["no-uri", "DNS:localhost"],
  [
    "two-uris",
    "URI:spiffe://carehub.example/ministry/UZ, DNS:localhost, URI:spiffe://carehub.example/ministry/UZ-2",
  ],
] as const)("makes a certificate with %s that passes TLS", async (flaw, names) => {
  const flawed = await makeFlawed(flaw);
  expect((await handshake(flawed)).byServer.subjectaltname).toBe(names);
});

test.each([
  ["expired", "CERT_HAS_EXPIRED"],
  ["other-authority", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
] as const)("makes a certificate flawed by %s that TLS refuses", async (flaw, reason) => {
  await expect(handshake(await makeFlawed(flaw))).rejects.toBe(reason);
});

async function makeFlawed(flaw: Flaw): Promise<TlsMaterial> {
  const made = await issueFlawedCertificate({ dir, trustDomain, identity: "ministry/UZ", flaw });
  return made.tls("ministry/UZ");
}

type Seen = { byServer: PeerCertificate; byClient: PeerCertificate };

// What either side sees of the other; rejects with what the server has against the client's.
async function handshake(client: TlsMaterial): Promise<Seen> {
  const own = issued.tls("service/intake");
  // A refusing server only hangs up; one that asks later knows why.
  const server = createServer({ ...own, requestCert: true, rejectUnauthorized: false });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect({ ...client, host: "localhost", port });
  socket.on("error", () => undefined); // The server's refusal, which it tells itself.
  try {
    const accepted = new Promise<PeerCertificate>((resolve, reject) => {
      server.once("tlsClientError", reject);
      server.once("secureConnection", (peer: TLSSocket) =>
        peer.authorized ? resolve(peer.getPeerCertificate()) : reject(peer.authorizationError),
      );
    });
    return { byServer: await accepted, byClient: socket.getPeerCertificate() };
  } finally {
    socket.destroy();
    server.close();
  }
}
