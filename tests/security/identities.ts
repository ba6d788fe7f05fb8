import { join } from "node:path";
import type { Tls } from "@carehub/grpc/tls";
import { type Flaw, issueCertificates, issueFlawedCertificate } from "@carehub/local/certificates";
import type { Platform } from "@carehub/local/platform";

/** What a caller is worth: one of our roles, nobody that we know, or not even a connection. */
export type Standing = "known" | "unknown" | "refused";

/** Somebody who calls. */
export type Identity = {
  readonly title: string;
  readonly standing: Standing;
  /** `ministry`, of `ministry/UZ`; empty unless known. */
  readonly role: string;
  /** What is shown to the server: a certificate, TLS without one, or plaintext. */
  readonly shown: Tls | Pick<Tls, "ca"> | "plaintext";
};

/** Everybody whom the platform must have a certificate for, to begin with. */
export const knownIdentities = [
  "ministry/UZ",
  "ministry/KG",
  "hub/umc-heart",
  "hub/astana-proton",
  "operator/registry",
  "service/capacity",
] as const;

const flaws: readonly { flaw: Flaw; standing: Standing }[] = [
  { flaw: "no-uri", standing: "unknown" },
  { flaw: "two-uris", standing: "unknown" },
  { flaw: "expired", standing: "refused" },
  { flaw: "other-authority", standing: "refused" },
];

/** Every identity of the matrix: each role, strangers of several kinds, and no certificate at all. */
export async function openIdentities(platform: Platform): Promise<Identity[]> {
  const { certificates, trustDomain } = platform;
  const dir = join(platform.folder, "certificates");
  const known = knownIdentities.map((title): Identity => {
    const [role = ""] = title.split("/");
    return { title, standing: "known", role, shown: certificates.tls(title) };
  });
  const clinic = await issueCertificates({ dir, trustDomain, identities: ["clinic/x"] });
  // An identity of its own, since the certificates of both domains lie in one folder.
  const abroad = { dir, trustDomain: "elsewhere.example", identities: ["ministry/ZZ"] };
  const foreign = await issueCertificates(abroad);
  const flawed = await Promise.all(
    flaws.map(async ({ flaw, standing }): Promise<Identity> => {
      // Of the most powerful one: a flaw must outweigh any role.
      const identity = "operator/registry";
      const made = await issueFlawedCertificate({ dir, trustDomain, identity, flaw });
      return { title: flaw, standing, role: "", shown: made.tls(identity) };
    }),
  );
  const { ca } = certificates.tls("operator/registry");
  return [
    ...known,
    { title: "unknown-role", standing: "unknown", role: "", shown: clinic.tls("clinic/x") },
    { title: "foreign-domain", standing: "unknown", role: "", shown: foreign.tls("ministry/ZZ") },
    ...flawed,
    { title: "no-certificate", standing: "refused", role: "", shown: { ca } },
    { title: "plaintext", standing: "refused", role: "", shown: "plaintext" },
  ];
}
