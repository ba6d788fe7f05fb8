import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Access, openPartner, type Partner } from "@carehub/partners/partner";

type Connection = Required<Pick<Access, "addresses" | "serverNames">> & Record<Pem, string>;
type Pem = "ca" | "cert" | "key";

/** The clients of one organisation through the front door, by its connection file in the folder. */
export function openDoorPartner(folder: string, identity: string): Partner {
  const file = join(folder, `${identity.replaceAll("/", "-")}.json`);
  const { addresses, serverNames, ...pems }: Connection = JSON.parse(readFileSync(file, "utf8"));
  const read = (pem: Pem) => readFileSync(join(folder, pems[pem]));
  const tls = { ca: read("ca"), cert: read("cert"), key: read("key") };
  return openPartner({ identity, addresses, serverNames, tls });
}
