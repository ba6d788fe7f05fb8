import "reflect-metadata"; // The certificate library needs it loaded before itself.
import type { webcrypto } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { isCode } from "./process-table.ts";

/** The PEM files of one identity: what TLS_CA, TLS_CERT and TLS_KEY name. */
export type TlsFiles = { ca: string; cert: string; key: string };

/** The same as bytes, as servers and clients take them. */
export type TlsMaterial = { ca: Buffer; cert: Buffer; key: Buffer };

/** Certificates of one development authority. */
export type Certificates = {
  /** The files of an identity that was asked for; throws for any other. */
  files(identity: string): TlsFiles;
  tls(identity: string): TlsMaterial;
};

/** Which certificates to issue, and where to keep them. */
export type CertificateOptions = {
  dir: string;
  trustDomain: string;
  /** Paths below the trust domain: "ministry/UZ", "hub/astana-proton", "service/intake". */
  identities: readonly string[];
  /**
   * Names that a client may connect to; only "localhost" unless told. A service always has its own
   * below the trust domain as well: "intake.carehub.example".
   */
  dnsNames?: readonly string[];
};

/** What may be wrong with a certificate, for tests of what refuses it. */
export type Flaw = "no-uri" | "two-uris" | "expired" | "other-authority";

/**
 * Makes the authority and a certificate for each identity, good for server and client, unless the
 * folder holds them with a day to go. For one machine only: the authority's key lies beside them.
 */
export async function issueCertificates(options: CertificateOptions): Promise<Certificates> {
  const authority = await openAuthority(options.dir);
  for (const identity of options.identities) {
    const files = filesOf(options.dir, identity);
    const names = namesOf(options, identity);
    if (await isUsable(files, authority, names)) continue;
    await issue(files, authority, { names, validity: daysFromNow(leafDays) });
  }
  return reader(options.dir, options.identities);
}

/** A certificate of the folder's authority with one thing wrong; the rest is as usual. */
export async function issueFlawedCertificate(
  options: Omit<CertificateOptions, "identities"> & { identity: string; flaw: Flaw },
): Promise<Certificates> {
  const { dir, trustDomain, identity, flaw } = options;
  const own = join(dir, `flawed-${flaw}`);
  mkdirSync(own, { recursive: true });
  const trusted = await openAuthority(dir);
  const authority = flaw === "other-authority" ? await openAuthority(own) : trusted;
  const usual = namesOf(options, identity);
  const second = { type: "url", value: `spiffe://${trustDomain}/${identity}-2` } as const;
  const names = {
    "no-uri": usual.filter((name) => name.type !== "url"),
    "two-uris": [...usual, second],
    expired: usual,
    "other-authority": usual,
  }[flaw];
  const validity = daysFromNow(flaw === "expired" ? -1 : leafDays);
  const files = filesOf(own, identity);
  await issue(files, authority, { names, validity });
  // The peer is trusted as usual: only the certificate shown is wrong.
  return reader(own, [identity], caFile(dir));
}

type Name = { type: "url" | "dns"; value: string };
type Authority = { certificate: X509Certificate; keys: webcrypto.CryptoKeyPair };
type Validity = { notBefore: Date; notAfter: Date };

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const authorityDays = 365;
const leafDays = 30;
const dayMs = 24 * 60 * 60 * 1_000;

const caFile = (dir: string): string => join(dir, "ca.pem");

function filesOf(dir: string, identity: string, ca = caFile(dir)): TlsFiles {
  const name = join(dir, identity.replaceAll("/", "-"));
  return { ca, cert: `${name}.pem`, key: `${name}.key` };
}

function namesOf(
  { trustDomain, dnsNames = ["localhost"] }: Omit<CertificateOptions, "identities">,
  identity: string,
): Name[] {
  const [kind, name] = identity.split("/");
  const own = kind === "service" ? [`${name}.${trustDomain}`] : [];
  const names = [...dnsNames, ...own].map((value): Name => ({ type: "dns", value }));
  return [{ type: "url", value: `spiffe://${trustDomain}/${identity}` }, ...names];
}

function reader(dir: string, identities: readonly string[], ca = caFile(dir)): Certificates {
  const files = (identity: string): TlsFiles => {
    if (!identities.includes(identity)) throw new Error(`No certificate was made for ${identity}.`);
    return filesOf(dir, identity, ca);
  };
  const tls = (identity: string): TlsMaterial => {
    const { ca, cert, key } = files(identity);
    return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };
  };
  return { files, tls };
}

async function openAuthority(dir: string): Promise<Authority> {
  mkdirSync(dir, { recursive: true });
  const files = { cert: caFile(dir), key: join(dir, "ca.key") };
  const found = readCertificate(files.cert);
  if (found !== undefined && lastsADay(found)) {
    return { certificate: found, keys: await readKeys(files.key, found) };
  }
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=carehub development authority",
    keys,
    signingAlgorithm: algorithm,
    ...daysFromNow(authorityDays),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await write(files, certificate, keys);
  return { certificate, keys };
}

async function issue(
  files: { cert: string; key: string },
  authority: Authority,
  { names, validity }: { names: Name[]; validity: Validity },
): Promise<void> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: "CN=carehub development",
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension(names),
      // Every such authority has the same name: the key tells them apart.
      await AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  });
  await write(files, certificate, keys);
}

async function isUsable(files: TlsFiles, authority: Authority, names: Name[]): Promise<boolean> {
  const found = readCertificate(files.cert);
  if (found === undefined || !lastsADay(found)) return false;
  const shown = found.getExtension(SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  if (JSON.stringify(shown) !== JSON.stringify(names)) return false;
  return found.verify({ publicKey: authority.certificate.publicKey, signatureOnly: true });
}

function readCertificate(file: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(file, "utf8"));
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function lastsADay({ notAfter }: X509Certificate): boolean {
  return notAfter.getTime() > Date.now() + dayMs;
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return cryptoProvider.get().subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function readKeys(
  file: string,
  certificate: X509Certificate,
): Promise<webcrypto.CryptoKeyPair> {
  const [pkcs8] = PemConverter.decode(readFileSync(file, "utf8"));
  if (pkcs8 === undefined) throw new Error(`${file} holds no key.`);
  const { subtle } = cryptoProvider.get();
  const privateKey = await subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  return { privateKey, publicKey: await certificate.publicKey.export() };
}

// The key first, each whole or not at all: a certificate that is there always has its key.
async function write(
  files: { cert: string; key: string },
  certificate: X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<void> {
  const pkcs8 = await cryptoProvider.get().subtle.exportKey("pkcs8", keys.privateKey);
  writeWhole(files.key, PemConverter.encode(pkcs8, "PRIVATE KEY"), 0o600);
  writeWhole(files.cert, certificate.toString("pem"), 0o644);
}

function writeWhole(file: string, text: string, mode: number): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${text}\n`, { mode });
  renameSync(draft, file);
}

// It begins an hour early, for clocks that differ.
function daysFromNow(days: number): Validity {
  const now = Date.now();
  const notBefore = new Date(Math.min(now, now + days * dayMs) - dayMs / 24);
  return { notBefore, notAfter: new Date(now + days * dayMs) };
}
