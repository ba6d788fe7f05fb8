import type { ConnectOptions } from "@carehub/grpc/connect";
import { type Addresses, openPartner, type Partner } from "./partner.ts";

/** Where the platform is, and the certificate of each identity. */
export type Stage = {
  readonly addresses: Addresses;
  readonly tlsOf: (identity: string) => ConnectOptions["tls"];
};

/** Every organisation that plays a part, each with its own certificate, opened when first asked for. */
export function openCompany({ addresses, tlsOf }: Stage) {
  const partners = new Map<string, Partner>();
  const partnerOf = (identity: string): Partner => {
    const known = partners.get(identity);
    if (known !== undefined) return known;
    const partner = openPartner({ identity, addresses, tls: tlsOf(identity) });
    partners.set(identity, partner);
    return partner;
  };
  return {
    partnerOf,
    close: () => {
      for (const partner of partners.values()) partner.close();
      partners.clear();
    },
  };
}
